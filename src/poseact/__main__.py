"""``python -m poseact``: the command line, where the ``poseact`` script is not on the path."""

from poseact.cli import main

if __name__ == "__main__":
    main()
