"""`python -m playground.lab`."""

import sys

from playground.lab.cli import main

sys.exit(main())
