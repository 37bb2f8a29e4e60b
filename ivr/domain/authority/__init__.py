"""What an authority asks for: a written request, checked, approved by another person, handed out, receipted."""
