{%- set units = columns | map(attribute="unit") | select | list -%}
<table class="research-table{{ " dense" if dense }}">
<thead>
<tr><th scope="col" class="text">{{ row_header | e }}</th>
{%- for column in columns %}<th scope="col" class="{{ column.align }}">{{ column.header | e | replace("\n", "<br>") }}</th>{% endfor %}</tr>
{% if units -%}
<tr class="units"><td></td>
{%- for column in columns %}<td class="{{ column.align }}">{{ column.unit | e }}</td>{% endfor %}</tr>
{% endif -%}
</thead>
<tbody>
{% for line in body %}{% set row = rows[loop.index0] %}
{% if row.kind == "group" -%}
<tr class="group"><th scope="rowgroup" colspan="{{ columns | length + 1 }}">{{ row.label | e }}</th></tr>
{%- else -%}
<tr{% if row.kind == "stat" %} class="stat"{% endif %}><th scope="row">{{ row.label | e }}{% if row.sub %}<span class="sub">{{ row.sub | e }}</span>{% endif %}</th>
{%- for cell in line if cell.type == "td" and cell.is_visible %}<td class="{{ cell.class.split()[3:] | join(" ") }}"{% if cell.id %}{% for rule in cellstyle if cell.id in rule.selectors %} style="{% for p, v in rule.props %}{{ p }}:{{ v }};{% endfor %}"{% endfor %}{% endif %}>{{ cell.display_value }}</td>{% endfor %}</tr>
{%- endif %}
{% endfor %}
</tbody>
</table>
