"""Splits of a data set into training, validation and test that clips of one source never cross."""

from poseact.splits.given import load_split, load_splits
from poseact.splits.leaks import Leak, find_leaks
from poseact.splits.making import (
    k_fold,
    leave_one_out,
    split_by_field,
    split_by_fractions,
    split_by_protocol,
)
from poseact.splits.plan import Split, SplitPlan, split_schema
from poseact.splits.units import units_of, with_blocks

__all__ = [
    "Leak",
    "Split",
    "SplitPlan",
    "find_leaks",
    "k_fold",
    "leave_one_out",
    "load_split",
    "load_splits",
    "split_by_field",
    "split_by_fractions",
    "split_by_protocol",
    "split_schema",
    "units_of",
    "with_blocks",
]
