"""Parts that the scripts of dist/ share. Python 3.11 or newer, standard library only."""
