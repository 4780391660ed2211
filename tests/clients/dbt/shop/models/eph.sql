{{ config(materialized='ephemeral') }}
select customer_id, max(ordered_at) as last_order from {{ ref('stg_orders') }} group by 1
