"""The access page: one self-contained HTML file that shows who reaches what, and what holds where.

`model` is what it shows, `render` writes it, `last_runs` finds what earlier runs reported. The template, the style and
the script are beside them and become part of the file: it needs no network and no server.
"""
