"""The main job, shown by real processes on this machine: `make demo`, or `python -m deploy.demo [--keep]`.

`play.py` is the order of scenes; each scene does what trustees, operators and officers would do, by the same command
lines, and checks what it shows. Authorities' names are real offices, everything that they say is invented.
"""
