"""How right a model's answers to labelled clips are: figures, their intervals, and the JSON file."""

from poseact.judging.answers import Answers, Sequences
from poseact.judging.comparison import Comparison, compare
from poseact.judging.document import evaluation_schema, read_judgement, to_json, write_judgement
from poseact.judging.facts import Latency, RunFacts
from poseact.judging.intervals import Figure
from poseact.judging.judgement import Judgement, judge

__all__ = [
    "Answers",
    "Comparison",
    "Figure",
    "Judgement",
    "Latency",
    "RunFacts",
    "Sequences",
    "compare",
    "evaluation_schema",
    "judge",
    "read_judgement",
    "to_json",
    "write_judgement",
]
