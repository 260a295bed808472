{# The columns together name one row; null counts as a value. #}
{% test unique_together(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as rows_of_the_key
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
