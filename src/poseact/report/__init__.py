"""The report on a judged model: one self-contained HTML page."""

from poseact.report.history import TrainingHistory, read_history
from poseact.report.page import report_html, write_report

__all__ = ["TrainingHistory", "read_history", "report_html", "write_report"]
