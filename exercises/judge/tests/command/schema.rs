//! As much of JSON Schema as `grade.schema.json` uses.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::copy::root;

/// The value is as the schema file says.
pub fn check(value: &Value) -> Result<()> {
    let path = root().join("exercises/judge/grade.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    fits(value, &schema).context("grade.schema.json")
}

fn fits(value: &Value, schema: &Value) -> Result<()> {
    if let Some(wanted) = schema.get("const") {
        ensure!(value == wanted, "{value} is not {wanted}");
    }
    if let Some(wanted) = schema.get("enum").and_then(Value::as_array) {
        ensure!(wanted.contains(value), "{value} is none of {wanted:?}");
    }
    if let Some(wanted) = schema.get("type") {
        let kind = kind(value)?;
        let kinds = wanted.as_array().cloned().unwrap_or(vec![wanted.clone()]);
        ensure!(kinds.iter().any(|wanted| wanted == kind), "{value} is not {wanted}");
    }
    if let (Some(object), Some(known)) =
        (value.as_object(), schema["properties"].as_object())
    {
        for name in schema["required"].as_array().into_iter().flatten() {
            ensure!(
                object.contains_key(name.as_str().unwrap_or_default()),
                "no {name}"
            );
        }
        for (name, value) in object {
            let schema =
                known.get(name).with_context(|| format!("{name} is not described"))?;
            fits(value, schema).with_context(|| name.clone())?;
        }
    }
    for item in value.as_array().into_iter().flatten() {
        fits(item, &schema["items"])?;
    }
    Ok(())
}

fn kind(value: &Value) -> Result<&'static str> {
    Ok(match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(_) => bail!("{value} is not an integer"),
    })
}
