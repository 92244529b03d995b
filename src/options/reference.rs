//! The reference of all flags as Markdown, made from the definition that parses them.

use super::Cli;
use clap::builder::StyledStr;
use clap::{Arg, Command};

/// The reference: for each subcommand a table for each group.
pub fn markdown() -> String {
    let mut text = String::new();
    for subcommand in Cli::definition().get_subcommands() {
        let arguments: Vec<&Arg> = visible(subcommand).collect();
        if arguments.is_empty() {
            continue;
        }
        text.push_str(&format!("#### `ringress {}`\n", subcommand.get_name()));
        let mut heading = None;
        for argument in arguments {
            if argument.get_help_heading() != heading {
                heading = argument.get_help_heading();
                text.push_str(&format!("\n**{}**\n\n", heading.unwrap_or_default()));
                text.push_str("| flag | default | meaning |\n| --- | --- | --- |\n");
            }
            text.push_str(&row(argument));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn visible(subcommand: &Command) -> impl Iterator<Item = &Arg> {
    subcommand
        .get_arguments()
        .filter(|argument| argument.get_long() != Some("help") && !argument.is_hide_set())
}

fn row(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names
        .first()
        .map(|name| name.to_string())
        .unwrap_or_default();
    let takes_value = argument.get_action().takes_values();
    let flag = match argument.get_long() {
        Some(long) if takes_value => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    };
    let default = argument
        .get_default_values()
        .first()
        .filter(|_| takes_value)
        .map(|default| format!("`{}`", default.to_string_lossy()))
        .unwrap_or_default();
    let help = argument
        .get_help()
        .map(StyledStr::to_string)
        .unwrap_or_default();
    let choices: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|_| takes_value)
        .map(|choice| format!("`{}`", choice.get_name()))
        .collect();
    let choices = match choices.as_slice() {
        [] => String::new(),
        all => format!(" ({})", all.join(", ")),
    };
    let cell = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{}` | {} | {}{} |\n",
        cell(&flag),
        cell(&default),
        cell(&help),
        choices
    )
}
