"""A graph of the dashboard, three in a row."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch


def graph(title: str, *lines: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    """Return a graph of lines that share an axis."""
    return cloudwatch.GraphWidget(title=title, left=list(lines), width=8)
