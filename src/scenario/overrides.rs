//! `--set key=value` arguments: one setting each, laid over the file and its variants.
//!
//! The key is a path of TOML keys. The value is TOML if it can be read as such, else a bare text, so that
//! `redis.ttl=10m` needs no quotes inside the shell's. Commas split nothing.

use super::nearest::quoted;
use super::node::{Builder, Entry, Node, Table, Value};
use super::problem::Problem;
use super::span::Span;
use toml::de::{DeTable, DeValue};

const HELP: &str = "write `--set redis.ttl=10m`";

/// The patch that `argument` stands for, whose text, after the option that it was given to, is source number `source`.
pub(super) fn parse(argument: &str, source: u32, option: &str) -> Result<Node, Problem> {
    let start = option.len() + 1;
    let whole = Span::new(source, start, start + argument.len());
    let Some(equals) = first_equals(argument) else {
        let problem = Problem::new(whole, format!("{} sets nothing", quoted(argument)));
        return Err(problem.label("expected a key, `=` and a value").help(HELP));
    };
    let (path, written) = (&argument[..equals], &argument[equals + 1..]);
    let value = value(written, Builder { source, offset: start + equals + 1 })?;
    let not_a_path = || {
        let span = Span::new(source, start, start + equals);
        let problem = Problem::new(span, format!("{} is not the path of a setting", quoted(path)));
        problem.label("expected keys with dots between them").help(HELP)
    };
    if path.contains('\n') || path.contains('\r') {
        return Err(not_a_path());
    }
    let document = format!("{path}=0");
    let keys = DeTable::parse(&document).map_err(|_| not_a_path())?;
    let root = Builder { source, offset: start }.table(keys.get_ref());
    let table = with_leaf(root, value).ok_or_else(not_a_path)?;
    Ok(Node::new(whole, Value::Table(table)))
}

/// The first `=` that is not inside a quoted key.
fn first_equals(argument: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (position, letter) in argument.char_indices() {
        match (quote, letter) {
            (None, '=') => return Some(position),
            (None, '"' | '\'') => quote = Some(letter),
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), _) if open == letter && !escaped => quote = None,
            _ => {}
        }
        escaped = false;
    }
    None
}

fn value(written: &str, builder: Builder) -> Result<Node, Problem> {
    let bare = written.trim();
    let start = written.len() - written.trim_start().len();
    let builder = Builder { offset: builder.offset + start, ..builder };
    let range = 0..bare.len();
    if bare.is_empty() {
        let problem = Problem::new(builder.span(&range), "there is no value after `=`");
        return Err(problem.label("expected a value").help(HELP));
    }
    match DeValue::parse(bare) {
        Ok(value) => Ok(builder.node(value.get_ref(), &range)),
        Err(error) if bare.starts_with(['"', '\'', '[', '{']) => {
            let message = format!("{} is not a TOML value: {}", quoted(bare), error.message());
            Err(Problem::new(builder.span(&range), message).label("expected a TOML value, or a bare word"))
        }
        Err(_) => Ok(Node::new(builder.span(&range), Value::Text(bare.to_owned()))),
    }
}

/// The chain of tables that `root` is, with `value` at its end; `None` if it is no chain.
fn with_leaf(mut root: Table, value: Node) -> Option<Table> {
    let entry = match root.entries.len() {
        1 => root.entries.pop()?,
        _ => return None,
    };
    let node = match entry.node.value {
        Value::Table(table) => Node::new(entry.node.span, Value::Table(with_leaf(table, value)?)),
        _ => value,
    };
    Some(Table { entries: vec![Entry { node, ..entry }] })
}
