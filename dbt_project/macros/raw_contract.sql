{# The raw contract as models/staging/_shop__sources.yml states it, for the macros that type, check and view raw tables. #}

{% macro raw_tables() %}
    {% set tables = [] %}
    {% for node in graph.sources.values() | selectattr('source_name', 'equalto', 'shop') | sort(attribute='name') %}
        {% do tables.append(raw_table(node.name)) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}

{# One table: name, required, cut_by, latest_by, has_ledger, rules, columns (name, data_type, key, required, values, min, above, max). #}
{% macro raw_table(name) %}
    {% set node = (graph.sources.values() | selectattr('source_name', 'equalto', 'shop') | selectattr('name', 'equalto', name) | list)[0] %}
    {% set columns = [] %}
    {% for column in node.columns.values() %}
        {% set described = {'name': column.name, 'data_type': column.data_type} %}
        {% do described.update(column.config.meta) %}
        {% do columns.append(described) %}
    {% endfor %}
    {% set table = {'name': name, 'columns': columns} %}
    {% do table.update(node.config.meta) %}
    {{ return(table) }}
{% endmacro %}

{# Names of the raw tables, for models that go over all of them: dbt must know what a model reads before it reads the
   contract. A house test holds this list against the contract. #}
{% macro raw_table_names() %}
    {{ return([
        'accounts', 'ad_spend', 'campaign_assignments', 'campaigns', 'consents', 'customers', 'erasures', 'events',
        'exchange_rates', 'identities', 'interests', 'loyalty_events', 'message_events', 'order_items', 'orders',
        'payment_attempts', 'products', 'referrals', 'reviews', 'shipments', 'subscriptions', 'support_tickets',
        'survey_responses',
    ]) }}
{% endmacro %}
