"""Fixes: from a finding, the facts and the text of a file to edits of that file. Nothing here reads or writes files."""
