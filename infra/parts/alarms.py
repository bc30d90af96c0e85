"""When somebody is told: single alarms say what is wrong, and two composite ones call. docs/monitoring.md says what
each wants one to do."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.own_metric import own_metric

_FIVE = Duration.minutes(5)
_ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_GIGABYTE = 1024**3


class Alarms(Construct):
    """`people`: somebody who asks now gets no good answer. `pipeline`: answers will grow old, or a disk full."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        topic: sns.ITopic,
        targets: elb.ApplicationTargetGroup,
        databases: Sequence[rds.DatabaseInstance],
        pipeline: Sequence[ecs.FargateService],
        function: Sequence[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        missing, fine = cloudwatch.TreatMissingData.BREACHING, cloudwatch.TreatMissingData.NOT_BREACHING
        asked = Duration.minutes(config.watch.canary_minutes)
        answered = own_metric(config, "canary_answered", "Minimum", period=asked)
        slow = own_metric(config, "canary_seconds", "p95", period=asked)
        waiting = own_metric(config, "first_text_seconds", "p95", period=_FIVE)
        broken = own_metric(config, "turns", "Sum", period=_FIVE, outcome="failed")
        failed = targets.metrics.http_code_target(elb.HttpCodeTarget.TARGET_5XX_COUNT, period=_FIVE)
        people = [
            self._alarm("NotAnswered", answered, 1, "the canary got no answer", _BELOW, missing, times=3),
            self._alarm("Slow", slow, config.watch.slow_seconds, "the canary waits too long", _ABOVE, fine, times=3),
            self._alarm("SlowTurns", waiting, config.watch.slow_seconds, "people wait too long", _ABOVE, fine, times=3),
            self._alarm("BrokenTurns", broken, 5, "questions end in errors", _ABOVE, fine, times=2),
            self._alarm("Failures", failed, 5, "the chat fails", _ABOVE, fine, times=2),
            self._alarm(
                "Unhealthy",
                targets.metrics.unhealthy_host_count(period=_FIVE, statistic="Maximum"),
                1,
                "a task is ill",
                _ABOVE,
                fine,
                times=2,
            ),
        ]
        behind = [*function, *self._figures()]
        for place, database in enumerate(databases):
            free = database.metric_free_storage_space(period=_FIVE)
            behind.append(
                self._alarm(f"Disk{place}", free, 2 * _GIGABYTE, "a disk is nearly full", _BELOW, fine, times=1)
            )
        for service in pipeline:
            running = cloudwatch.Metric(
                namespace="ECS/ContainerInsights",
                metric_name="RunningTaskCount",
                dimensions_map={"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name},
                statistic="Minimum",
                period=_FIVE,
            )
            behind.append(
                self._alarm(
                    f"{service.node.id}Gone", running, 1, "a service of Dagster is away", _BELOW, missing, times=3
                )
            )
        self.people = self._composite("People", people, "People who ask now get no good answer", topic)
        self.pipeline = self._composite("Pipeline", behind, "The pipeline needs a person", topic)

    def _figures(self) -> list[cloudwatch.Alarm]:
        """What the pipeline says of itself. Runs and materializations are seen a minute after they ended, so what they
        count is judged by the hour."""
        config, watch, hour = self._config, self._config.watch, Duration.hours(1)
        missing, fine = cloudwatch.TreatMissingData.BREACHING, cloudwatch.TreatMissingData.NOT_BREACHING

        def figure(name: str, statistic: str, period: Duration = _FIVE) -> cloudwatch.Metric:
            return own_metric(config, name, statistic, period=period)

        failed, share = figure("runs_failed", "Sum", hour), figure("quarantined_percent", "Maximum", hour)
        waits, late = figure("oldest_queued_seconds", "Maximum"), figure("overdue_hours", "Maximum")
        told = figure("queued_runs", "SampleCount")
        return [
            self._alarm("RunsFailed", failed, 1, "a run failed for good", _ABOVE, fine, times=1),
            self._alarm("Overdue", late, watch.overdue_hours, "a recrawl is overdue", _ABOVE, fine, times=3),
            self._alarm("Stuck", waits, 60 * watch.queue_minutes, "a run waits too long", _ABOVE, fine, times=3),
            self._alarm("Quarantine", share, watch.quarantine_percent, "many rows break a rule", _ABOVE, fine, times=1),
            self._alarm("Silent", told, 1, "the pipeline tells nothing of itself", _BELOW, missing, times=3),
        ]

    def _alarm(
        self,
        id: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        says: str,
        comparison: cloudwatch.ComparisonOperator,
        missing: cloudwatch.TreatMissingData,
        *,
        times: int,
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=times,
            comparison_operator=comparison,
            treat_missing_data=missing,
            alarm_description=says,
        )

    def _composite(
        self, id: str, parts: Sequence[cloudwatch.Alarm], says: str, topic: sns.ITopic
    ) -> cloudwatch.CompositeAlarm:
        rule = cloudwatch.AlarmRule.any_of(
            *(cloudwatch.AlarmRule.from_alarm(part, cloudwatch.AlarmState.ALARM) for part in parts)
        )
        alarm = cloudwatch.CompositeAlarm(self, id, alarm_rule=rule, alarm_description=says)
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))
        return alarm
