//! Tests of the framework as a whole, with a small specification that uses every kind of setting.

mod broken;
mod calls;
pub(super) mod demo;
mod hostile;
mod loading;
mod overlays;
mod profiles;
mod schemas;
mod values;
