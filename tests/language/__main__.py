"""`python -m tests.language`: bring the catalogues of all languages up to date with the code."""

from tests.language.catalogue_files import update_all

for summary in update_all():
    print(summary)
