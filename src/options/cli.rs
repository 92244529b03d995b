//! The whole command line, and its twin in the environment.

use super::{CheckOptions, DemoOptions, Options, RawOptions};
use clap::error::ErrorKind;
use clap::{Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;

/// Ringress: a Kubernetes ingress and Gateway API gateway on io_uring, one thread a core
#[derive(Debug, clap::Parser)]
#[command(name = "ringress", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    /// Serve a folder of manifests
    Run(Box<RawOptions>),
    /// Serve the sample manifests over echo backends of our own, and print commands to try
    Demo(DemoOptions),
    /// Translate a folder of manifests without serving it, and print every object's conditions
    Check(CheckOptions),
    /// Print version, commit, features and compiler
    Version,
}

/// What is asked for, valid.
#[derive(Debug)]
pub enum Request {
    Run(Box<Options>),
    Demo(DemoOptions),
    Check(CheckOptions),
    Version,
}

impl Cli {
    /// The definition, with the environment variable of every flag.
    pub fn definition() -> Command {
        // A positional argument has no variable: it says what to do, not how.
        Cli::command().mut_subcommands(|subcommand| {
            subcommand.mut_args(|arg| match arg.get_long() {
                Some(long) if long != "help" => {
                    let variable = variable(long);
                    arg.env(variable).hide_env(true)
                }
                _ => arg,
            })
        })
    }

    /// Reads the command line, its first word being the program's name, and the environment.
    ///
    /// # Errors
    /// A usage error, or the help that was asked for; [`clap::Error::exit`] prints either and ends
    /// with the right code.
    pub fn read(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Request, clap::Error> {
        let mut definition = Self::definition();
        let cli = Self::from_arg_matches(&definition.try_get_matches_from_mut(words)?)?;
        match cli.subcommand {
            Subcommand::Run(raw) => match raw.validate() {
                Ok(options) => Ok(Request::Run(Box::new(options))),
                Err(contradiction) => {
                    let run = definition.find_subcommand_mut("run");
                    let definition = run.unwrap_or(&mut Command::new("ringress")).clone();
                    Err(definition
                        .bin_name("ringress run")
                        .error(ErrorKind::ArgumentConflict, contradiction))
                }
            },
            Subcommand::Demo(demo) => Ok(Request::Demo(demo)),
            Subcommand::Check(check) => Ok(Request::Check(check)),
            Subcommand::Version => Ok(Request::Version),
        }
    }
}

/// The environment variable of a flag: `drain-delay` is `RINGRESS_DRAIN_DELAY`.
pub fn variable(long: &str) -> String {
    format!("RINGRESS_{}", long.replace('-', "_").to_ascii_uppercase())
}

/// Those of the `names` that look like a flag's variable and are none: typos, most likely.
///
/// Kubernetes gives every container `NAME_SERVICE_*` and `NAME_PORT*` for each Service of its
/// namespace; those of a Service called `ringress` are not meant for us and are left aside.
pub fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
    let definition = Cli::definition();
    let known = |name: &str| {
        definition.get_subcommands().any(|subcommand| {
            subcommand
                .get_arguments()
                .any(|arg| arg.get_env().is_some_and(|variable| variable == name))
        })
    };
    let mut unknown: Vec<String> = names
        .filter(|name| name.starts_with("RINGRESS_"))
        .filter(|name| !name.contains("_SERVICE_") && !name.contains("_PORT"))
        .filter(|name| !known(name))
        .collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::definition().debug_assert();
    }

    #[test]
    fn every_flag_has_its_variable_a_help_and_a_heading() {
        for subcommand in Cli::definition().get_subcommands() {
            for arg in subcommand.get_arguments() {
                let Some(long) = arg.get_long().filter(|long| *long != "help") else {
                    continue;
                };
                assert_eq!(arg.get_env().unwrap(), &*variable(long));
                assert!(arg.get_help().is_some(), "{long} has no help");
                let heading = arg.get_help_heading();
                assert!(heading.is_some(), "{long} has no heading");
            }
        }
    }

    #[test]
    fn a_typo_in_a_variable_is_found() {
        let names = [
            "RINGRESS_WORKERS",
            "RINGRESS_WORKER",
            "RINGRESS_SERVICE_HOST",
            "RINGRESS_PORT_80_TCP",
            "PATH",
        ];
        let unknown = unknown_variables(names.into_iter().map(str::to_owned));
        assert_eq!(unknown, ["RINGRESS_WORKER"]);
    }
}
