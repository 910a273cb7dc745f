/** Patterns that are written often; between `${` and `}` stand the blanks, from which Tab goes on. */
export interface Snippet {
  name: string;
  about: string;
  template: string;
}

export const SNIPPETS: readonly Snippet[] = [
  { name: "value", about: "What an attribute holds", template: "{{ ${profile.id} }}" },
  { name: "default", about: "Something else where there is none", template: '{{ ${profile.attributes.name} | default: "${none}" }}' },
  { name: "hashed", about: "An identifier, normalised and hashed", template: "{{ ${profile.identifiers.email} | ${normalize_email} | sha256 }}" },
  { name: "if", about: "Only when something holds", template: '{% if ${event.change} == "${joined}" %}${…}{% endif %}' },
  { name: "if-else", about: "One or the other", template: '{% if ${event.change} == "${joined}" %}${one}{% else %}${other}{% endif %}' },
  { name: "for", about: "Once for each item of a list", template: "{% for ${item} in ${event.properties.items} %}{{ ${item} }}{% endfor %}" },
];
