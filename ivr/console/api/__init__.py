"""The API `/api/v1`: what the pages do, for programs that bear a token; one file for each noun."""
