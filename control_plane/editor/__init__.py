"""What an editor of mappings needs: the language, checks, previews on real events, and a test send."""
