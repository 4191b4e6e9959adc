"""`python -m bot`: the same as the console script `waggle`."""

from bot.cli import main

main()
