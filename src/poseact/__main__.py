"""``python -m poseact``: the command line, where the ``poseact`` script is not on the path."""

from poseact.cli import main

main()
