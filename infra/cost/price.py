"""List prices in us-east-1, in US dollars. `SOURCES` says where each stands, `AS_OF` when they were noted."""

from __future__ import annotations

AS_OF = "November 2026"
"""Those of language models are from genai-prices 0.2.3. None was compared with its provider's page since."""

HOURS = 730.0
"""Of a month."""

VCPU_HOUR = {"ARM64": 0.03238, "X86_64": 0.04048}
GIGABYTE_HOUR = {"ARM64": 0.00356, "X86_64": 0.004445}
SPOT_SHARE = 0.4
"""Of the full price. AWS says up to 70 % off; it changes with supply, so this is on the careful side."""

ADDRESS_HOUR = 0.005
BALANCER_HOUR, BALANCER_UNIT_HOUR = 0.0225, 0.008
BALANCER_UNIT_GIGABYTES = 1.0
"""That a unit of the load balancer processes in an hour."""
DATABASE_HOUR = {
    "t4g.micro": 0.016,
    "t4g.small": 0.032,
    "t4g.medium": 0.065,
    "t4g.large": 0.129,
    "m7g.large": 0.168,
}
DATABASE_GIGABYTE = 0.115
ENDPOINT_HOUR = 0.01
FIREWALL, FIREWALL_RULE, BOT_CONTROL = 5.0, 1.0, 10.0
FIREWALL_MILLION = 0.60
SECRET = 0.40
ZONE = 0.50
LOG_GIGABYTE, ALARM, COMPOSITE_ALARM, DASHBOARD, OWN_METRIC = 0.50, 0.10, 0.50, 3.00, 0.30
TRACE_MILLION, TRACES_FREE = 5.0, 100_000
OBJECT_GIGABYTE = 0.023
WRITES_THOUSAND, READS_THOUSAND = 0.005, 0.0004
EDGE_TEN_THOUSAND, EDGE_REQUESTS_FREE = 0.0100, 10_000_000
EDGE_GIGABYTE, EDGE_GIGABYTES_FREE = 0.085, 1_000.0
OUT_GIGABYTE, OUT_GIGABYTES_FREE = 0.09, 100.0
FUNCTION_GIGABYTE_SECOND = {"ARM64": 0.0000133334, "X86_64": 0.0000166667}
FUNCTION_MILLION = 0.20
TABLE_WRITE_MILLION, TABLE_READ_MILLION = 0.625, 0.125

INDEX_HUNDRED_THOUSAND, INDEX_GIGABYTE = 0.40, 0.25
"""Upstash Vector, pay as you go: searches, fetches and each passage that is sent or deleted count alike."""

MODEL_MILLION = {
    "nova-micro": (0.035, 0.14),
    "nova-lite": (0.06, 0.24),
    "gpt-4.1-mini": (0.40, 1.60),
    "claude-haiku": (0.50, 2.50),
    "claude-sonnet": (2.00, 10.00),
}
"""Input and output tokens, of models that `chat_app/models/registry.py` knows."""

SOURCES = {
    "Fargate": "https://aws.amazon.com/fargate/pricing/",
    "Load balancer": "https://aws.amazon.com/elasticloadbalancing/pricing/",
    "Public addresses, endpoints": "https://aws.amazon.com/vpc/pricing/",
    "Data to the internet": "https://aws.amazon.com/ec2/pricing/on-demand/",
    "RDS": "https://aws.amazon.com/rds/postgresql/pricing/",
    "CloudFront": "https://aws.amazon.com/cloudfront/pricing/",
    "WAF": "https://aws.amazon.com/waf/pricing/",
    "CloudWatch": "https://aws.amazon.com/cloudwatch/pricing/",
    "X-Ray": "https://aws.amazon.com/xray/pricing/",
    "Secrets Manager": "https://aws.amazon.com/secrets-manager/pricing/",
    "Route 53": "https://aws.amazon.com/route53/pricing/",
    "S3": "https://aws.amazon.com/s3/pricing/",
    "Lambda": "https://aws.amazon.com/lambda/pricing/",
    "DynamoDB": "https://aws.amazon.com/dynamodb/pricing/on-demand/",
    "Bedrock": "https://aws.amazon.com/bedrock/pricing/",
    "OpenAI": "https://openai.com/api/pricing/",
    "Upstash Vector": "https://upstash.com/pricing/vector",
}
