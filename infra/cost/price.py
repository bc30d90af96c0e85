"""AWS's list prices in us-east-1, in US dollars. Where each is from stands in `SOURCES`."""

from __future__ import annotations

HOURS = 730.0
"""Of a month."""

VCPU_HOUR = {"ARM64": 0.03238, "X86_64": 0.04048}
GIGABYTE_HOUR = {"ARM64": 0.00356, "X86_64": 0.004445}
SPOT_SHARE = 0.4
"""Of the full price. AWS says up to 70 % off; it changes with supply, so this is on the careful side."""

ADDRESS_HOUR = 0.005
BALANCER_HOUR, BALANCER_UNIT_HOUR = 0.0225, 0.008
DATABASE_HOUR = {
    "t4g.micro": 0.016,
    "t4g.small": 0.032,
    "t4g.medium": 0.065,
}
DATABASE_GIGABYTE = 0.115
ENDPOINT_HOUR = 0.01
FIREWALL, FIREWALL_RULE, BOT_CONTROL = 5.0, 1.0, 10.0
SECRET = 0.40
ZONE = 0.50
LOG_GIGABYTE, ALARM, DASHBOARD, OWN_METRIC = 0.50, 0.10, 3.00, 0.30
OBJECT_GIGABYTE = 0.023

SOURCES = {
    "Fargate": "https://aws.amazon.com/fargate/pricing/",
    "Load balancer": "https://aws.amazon.com/elasticloadbalancing/pricing/",
    "Public addresses, endpoints": "https://aws.amazon.com/vpc/pricing/",
    "RDS": "https://aws.amazon.com/rds/postgresql/pricing/",
    "WAF": "https://aws.amazon.com/waf/pricing/",
    "CloudWatch": "https://aws.amazon.com/cloudwatch/pricing/",
    "Secrets Manager": "https://aws.amazon.com/secrets-manager/pricing/",
    "S3": "https://aws.amazon.com/s3/pricing/",
}
