{{ config(materialized='table', backup=false) }}
select c.*, e.last_order from {{ ref('customers') }} c left join {{ ref('eph') }} e using (customer_id)
