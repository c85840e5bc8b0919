"""Results in the formats of other programs: ELAN, BORIS, BIDS; and in poseact's own."""

from poseact.exports.findings import Findings
from poseact.exports.formats import EXPORTS, export_texts
from poseact.exports.writing import export_result

__all__ = ["EXPORTS", "Findings", "export_result", "export_texts"]
