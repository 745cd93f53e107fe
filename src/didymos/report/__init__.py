"""The report: one HTML file for people, tables for programs."""

from didymos.report.comparison import write_comparison
from didymos.report.html import write_report
from didymos.report.output import write
from didymos.report.tables import write_tables

__all__ = ["write", "write_comparison", "write_report", "write_tables"]
