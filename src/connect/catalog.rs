//! What a stream has: its columns, and the values in them.

use serde::Deserialize;
use serde_json::Value;

use super::answer::{self, Body};
use super::client::{Client, Patience, Question};
use super::rows::{Cell, SqlQuery};
use super::sql::{self, Asking};
use super::trouble::Trouble;
use crate::protocol::ValuesRequest;

/// Values of a column, at most.
const MAX_VALUES: u32 = 100;

#[derive(Deserialize)]
struct Schema {
    schema: Vec<Value>,
}

/// The names of the stream's columns, by name.
pub(super) async fn columns(client: &Client) -> Result<Vec<String>, Trouble> {
    let path = ["api", &client.org, "streams", &client.stream, "schema"];
    let bytes = client.ask(Question::get(&path, &[("type", "traces")], "the columns of the stream")).await?;
    let schema: Schema = answer::read(client, &bytes, "the schema of a stream")?;
    let name = |column: &Value| column.get("name").and_then(Value::as_str).map(str::to_owned);
    let mut columns: Vec<String> = schema.schema.iter().filter_map(name).filter(|name| !name.is_empty()).collect();
    columns.sort_unstable();
    columns.dedup();
    Ok(columns)
}

/// The values of a column with their spans, most first.
pub(super) async fn values(client: &Client, request: &ValuesRequest) -> Result<Vec<(String, u64)>, Trouble> {
    let ValuesRequest { scope, field } = request;
    let window = answer::window(scope.window)?;
    // Which services there are is asked in order to choose another one.
    let service = if field == "service_name" { "" } else { scope.query.service.as_str() };
    let mut values = if service.contains([',', '=', '"', '\\']) || field.contains(',') {
        // The filter's own grammar cannot say this one.
        values_by_sql(client, window, field, service).await?
    } else {
        let path = ["api", &client.org, &client.stream, "_values"];
        let (size, start, end) = (MAX_VALUES.to_string(), window.0.to_string(), window.1.to_string());
        let filter = format!("service_name={service}");
        let mut query = vec![
            ("type", "traces"),
            ("fields", field),
            ("size", &size),
            ("start_time", &start),
            ("end_time", &end),
            ("no_count", "false"),
        ];
        if !service.is_empty() {
            query.push(("filter", &filter));
        }
        let bytes = client.ask(Question::get(&path, &query, "the values of a column")).await?;
        let body: Body<Vec<Value>> = answer::read(client, &bytes, "the values of a column")?;
        let of_field = body.hits.iter().filter(|hit| hit.get("field").and_then(Value::as_str) == Some(field));
        let pairs = of_field.filter_map(|hit| hit.get("values").and_then(Value::as_array)).flatten();
        pairs
            .filter_map(|pair| {
                let key = match pair.get("zo_sql_key")? {
                    Value::String(text) => text.clone(),
                    Value::Null => return None,
                    other => other.to_string(),
                };
                Some((key, pair.get("zo_sql_num").and_then(answer::integer).unwrap_or(0)))
            })
            .collect()
    };
    values.retain(|(value, _)| !value.is_empty());
    values.sort_by(|(value_a, spans_a), (value_b, spans_b)| spans_b.cmp(spans_a).then_with(|| value_a.cmp(value_b)));
    values.dedup_by(|(one, _), (other, _)| one == other);
    Ok(values)
}

async fn values_by_sql(client: &Client, window: (u64, u64), field: &str, service: &str) -> Result<Vec<(String, u64)>, Trouble> {
    let column = sql::name(field);
    let condition = if service.is_empty() { String::new() } else { format!(" WHERE service_name = {}", sql::text(service)) };
    let sql = format!(
        "SELECT {column} AS value, count(*) AS spans FROM {}{condition} GROUP BY {column} ORDER BY spans DESC LIMIT {MAX_VALUES}",
        sql::name(&client.stream)
    );
    let query = SqlQuery { sql, window, size: MAX_VALUES };
    let answer =
        sql::ask(client, &query, Asking { patience: Patience::Usual, what: "the values of a column", before: (0, 0) }).await?;
    let pair = |row: &super::rows::Row| {
        let value = match row.get("value")? {
            Cell::Text(text) => text.clone(),
            Cell::Integer(number) => number.to_string(),
            Cell::Float(number) => number.to_string(),
            Cell::Bool(value) => value.to_string(),
        };
        let Some(Cell::Integer(spans)) = row.get("spans") else { return None };
        Some((value, u64::try_from(*spans).ok()?))
    };
    Ok(answer.rows.iter().filter_map(pair).collect())
}
