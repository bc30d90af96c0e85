"""CloudFront: the only way in."""

from __future__ import annotations

from aws_cdk import Duration, SecretValue
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge

ORIGIN_HEADER = "X-LoreChat-Origin"
"""Header that proves to the load balancer that a request came through this distribution."""

STATIC = "/assets/*"
"""The interface's own scripts and styles, named by their content. Nothing else is cached: a wider pattern would also
hold pages that depend on who asks."""

_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""CloudFront keeps such answers for ten seconds, also of pages that it may not cache, and some depend on who asks:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html"""


class Distribution(Construct):
    """HTTP/2 and HTTP/3, TLS 1.2 or newer, nothing cached but static files; WebSockets pass."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        balancer: elb.IApplicationLoadBalancer,
        certificate: acm.ICertificate | None,
        web_acl_arn: str,
        secret: SecretValue,
        logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, id)
        origin = _origin(config, balancer, secret)
        headers = self._headers(config)
        # All headers of the viewer reach the chat: API keys (Authorization, which no list of a policy may name),
        # Host, and Sec-WebSocket-Key, -Version, -Protocol and -Accept, without which no WebSocket opens.
        passing = cloudfront.OriginRequestPolicy(
            self,
            "Everything",
            comment="All headers with those of WebSockets, all cookies, all query strings",
            header_behavior=cloudfront.OriginRequestHeaderBehavior.all(),
            cookie_behavior=cloudfront.OriginRequestCookieBehavior.all(),
            query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.all(),
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"LoreChat {config.stage}",
            domain_names=[config.domain.name] if config.domain else None,
            certificate=certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if certificate else None,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            web_acl_id=web_acl_arn,
            log_bucket=logs,
            log_file_prefix="cloudfront/",
            error_responses=[cloudfront.ErrorResponse(http_status=code, ttl=Duration.seconds(0)) for code in _ERRORS],
            default_behavior=cloudfront.BehaviorOptions(
                origin=origin,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=passing,
                response_headers_policy=headers,
                compress=False,  # compressing would hold back a stream
            ),
            additional_behaviors={
                STATIC: cloudfront.BehaviorOptions(
                    origin=origin,
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                    cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                    response_headers_policy=headers,
                )
            },
        )
        if config.domain is None:
            unnamed = "Without a domain, which only dev may lack, CloudFront's own certificate sets the TLS versions"
            acknowledge(self.distribution, "AwsSolutions-CFR4", f"{unnamed}.")
            acknowledge(self.distribution, "AwsSolutions-CFR5", f"{unnamed}, and the load balancer has none.")
        acknowledge(
            self.distribution, "AwsSolutions-CFR1", "The chat is for everybody; countries are refused by the firewall."
        )

    def _headers(self, config: StageConfig) -> cloudfront.ResponseHeadersPolicy:
        """Security headers; the Content-Security-Policy is the chat's own, which knows its pages."""
        policy = cloudfront.ResponseSecurityHeadersBehavior(
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(365), include_subdomains=config.domain is not None, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.SAMEORIGIN, override=False
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override=False
            ),
        )
        return cloudfront.ResponseHeadersPolicy(self, "Headers", security_headers_behavior=policy)


def origin_name(config: StageConfig) -> str | None:
    """Name of the load balancer that its certificate holds; None without a domain."""
    return f"origin.{config.domain.name}" if config.domain else None


def _origin(config: StageConfig, balancer: elb.IApplicationLoadBalancer, secret: SecretValue) -> cloudfront.IOrigin:
    name = origin_name(config)
    policy = cloudfront.OriginProtocolPolicy.HTTPS_ONLY if name else cloudfront.OriginProtocolPolicy.HTTP_ONLY
    return origins.HttpOrigin(
        name or balancer.load_balancer_dns_name,
        protocol_policy=policy,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        custom_headers={ORIGIN_HEADER: secret.unsafe_unwrap()},  # a reference, which CloudFormation resolves
        read_timeout=Duration.seconds(60),  # between two pieces of an answer; the chat's heartbeat is shorter
        keepalive_timeout=Duration.seconds(60),
    )
