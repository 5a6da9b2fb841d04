"""The publisher as a long-running process: `rogatory-keys publisher run` (CEREMONY.md, The publisher).

It holds the online keys of snapshot and timestamp, apart from every relay's operator: it can withhold what trustees
and coordinators have signed, and cannot say anything in their place.
"""
