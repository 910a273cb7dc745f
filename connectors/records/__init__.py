"""The nouns of the system and their bytes on the topics: the only room that both programs may import.

Everything that the control plane and the workers agree on stands here, and nothing else does.
"""
