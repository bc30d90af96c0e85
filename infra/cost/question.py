"""What questions add to a month."""

from __future__ import annotations

import math

from infra.config.stage_config import StageConfig
from infra.cost import price
from infra.cost.assumption import Asking
from infra.cost.fargate import hour

_GIGABYTE = 1_000_000.0  # in KB


def of_questions(config: StageConfig, questions: int, assumed: Asking = Asking()) -> dict[str, float]:  # noqa: B008  frozen
    """Return dollars by line for questions in a month, without a language model."""
    visits = questions / assumed.questions_per_visit
    requests = visits * assumed.requests_per_visit + questions * assumed.requests_per_question
    sent = (visits * assumed.visit_kilobytes + questions * assumed.question_kilobytes) / _GIGABYTE
    logs = (questions * assumed.log_kilobytes + requests * assumed.firewall_kilobytes) / _GIGABYTE
    copies = 2 if config.database.multi_az else 1
    kept = questions * assumed.database_kilobytes / _GIGABYTE
    asked = questions * assumed.index_kilobytes / _GIGABYTE
    return {
        "More chat tasks (Fargate, Spot)": further_task_hours(config, questions, assumed)
        * hour(config, config.chat.size, spot=True),
        "CloudFront": _beyond(requests, price.EDGE_REQUESTS_FREE) / 10_000 * price.EDGE_TEN_THOUSAND
        + _beyond(sent, price.EDGE_GIGABYTES_FREE) * price.EDGE_GIGABYTE,
        "Firewall": requests / 1e6 * price.FIREWALL_MILLION,
        "Load balancer": _beyond(sent / price.BALANCER_UNIT_GIGABYTES, price.HOURS) * price.BALANCER_UNIT_HOUR,
        "CloudWatch and X-Ray": logs * price.LOG_GIGABYTE
        + _beyond(questions, price.TRACES_FREE) / 1e6 * price.TRACE_MILLION,
        "S3": questions * assumed.lake_writes / 1_000 * price.WRITES_THOUSAND
        + questions * assumed.lake_reads / 1_000 * price.READS_THOUSAND,
        "Databases (RDS)": copies * kept * price.DATABASE_GIGABYTE,
        "Data to the internet": _beyond(asked, price.OUT_GIGABYTES_FREE) * price.OUT_GIGABYTE,
        "Upstash index": questions * assumed.index_requests / 100_000 * price.INDEX_HUNDRED_THOUSAND,
    }


def of_model(model: str, questions: int, assumed: Asking = Asking()) -> float:  # noqa: B008  frozen
    """Return dollars that a language model's provider asks. Errors: KeyError for an unknown model."""
    read, written = price.MODEL_MILLION[model]
    return questions * (assumed.tokens_read * read + assumed.tokens_written * written) / 1e6


def further_task_hours(config: StageConfig, questions: int, assumed: Asking) -> float:
    """Return hours of chat tasks beyond those that always run, and never more of them than the stage admits."""
    cores = config.chat.size.cpu / 1024 * assumed.cpu_share
    # The busiest tenth of the hours takes `peak` times the rate of the others.
    usual = questions / (assumed.busy_hours * 3600) / (0.9 + 0.1 * assumed.peak)
    hours = 0.0
    for share, rate in ((0.9, usual), (0.1, usual * assumed.peak)):
        tasks = min(math.ceil(rate * assumed.cpu_seconds / cores), config.chat.most)
        hours += share * assumed.busy_hours * max(tasks - config.chat.least, 0)
    return hours


def _beyond(used: float, free: float) -> float:
    return max(used - free, 0.0)
