"""How Sphinx builds the handbook. `lorechat up` serves it at /handbook and answers questions about it."""

project = "LoreChat"
author = "The LoreChat authors"
copyright = "The LoreChat authors"

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "LoreChat"
html_copy_source = False
html_show_sphinx = False
html_use_index = False
