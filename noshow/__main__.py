"""`python -m noshow`, the same as `noshow`."""

from noshow.cli import main

main()
