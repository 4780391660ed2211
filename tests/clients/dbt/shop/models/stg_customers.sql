{{ config(materialized='view') }}
select id as customer_id, name, created_at, updated_at from {{ ref('raw_customers') }}
