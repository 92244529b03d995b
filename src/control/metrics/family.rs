//! Metric families, a call each.

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::fmt;

/// Labels of one series; none for a family that has one series alone.
pub type Labels = Vec<(&'static str, String)>;

/// A histogram's buckets (upper bound in seconds and count, not cumulated) with its sum in seconds.
pub struct Buckets {
    pub buckets: Vec<(f64, u64)>,
    pub sum: f64,
}

/// The families of one page.
pub struct Families<'a>(DescriptorEncoder<'a>);

impl<'a> Families<'a> {
    pub fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Families(encoder)
    }

    /// Counters; `name` is without the `_total` that the encoder appends.
    pub fn counter(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        self.family(
            name,
            help,
            MetricType::Counter,
            series,
            |mut metric, value| metric.encode_counter::<NoLabelSet, u64, f64>(&value, None),
        )
    }

    pub fn gauge(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels, f64)>,
    ) -> fmt::Result {
        self.family(
            name,
            help,
            MetricType::Gauge,
            series,
            |mut metric, value| {
                // Whole numbers stay whole: revisions and bytes are no approximations.
                if value.fract() == 0.0 && value.abs() < 9e15 {
                    return metric.encode_gauge(&(value as i64));
                }
                metric.encode_gauge(&value)
            },
        )
    }

    pub fn histogram(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels, Buckets)>,
    ) -> fmt::Result {
        self.family(
            name,
            help,
            MetricType::Histogram,
            series,
            |mut metric, value| {
                let count = value.buckets.iter().map(|(_, count)| count).sum();
                metric.encode_histogram::<NoLabelSet>(value.sum, count, &value.buckets, None)
            },
        )
    }

    fn family<V>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        series: impl IntoIterator<Item = (Labels, V)>,
        encode: impl Fn(MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let mut series = series.into_iter().peekable();
        if series.peek().is_none() {
            return Ok(());
        }
        let mut metric = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in series {
            if labels.is_empty() {
                return encode(metric, value);
            }
            encode(metric.encode_family(&labels)?, value)?;
        }
        Ok(())
    }
}
