#include "sepal/train/metrics/confusion_metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"

namespace sepal::metrics {
namespace {

// Below every prediction but those that are not among the k largest.
constexpr double kBelowAll = -1e10;

std::vector<double> thresholds_of(const std::optional<NumberOrList>& given, double otherwise) {
  if (!given) return {otherwise};
  if (given->values.empty()) throw ValueError("`thresholds` must not be an empty list.");
  for (const double threshold : given->values) {
    if (!(threshold >= 0.0 && threshold <= 1.0)) {
      throw ValueError(
          fmt::format("Threshold values must be in [0, 1]. Received: thresholds={}", given->str()));
    }
  }
  return given->values;
}

std::vector<double> even_thresholds(std::int64_t count) {
  if (count <= 0) {
    throw ValueError(
        fmt::format("Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={}", count));
  }
  if (count == 1) return {0.5};
  std::vector<double> thresholds;
  for (std::int64_t i = 0; i < count; ++i) {
    thresholds.push_back(static_cast<double>(i) / static_cast<double>(count - 1));
  }
  return thresholds;
}

// What the metrics of this file share: counts, and a number for each threshold.
template <class Options>
class CountingMetric : public TypedMetric<Options> {
 public:
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                    const Tensor&) override {
    counts_.update(y_true, y_pred, sample_weight);
  }
  void reset_state() override { counts_.reset(); }

 protected:
  CountingMetric(Options options, ConfusionRule rule)
      : TypedMetric<Options>(std::move(options)), counts_(std::move(rule)) {}

  template <class Function>
  std::vector<double> for_each_threshold(const Function& value_of) const {
    std::vector<double> values;
    for (std::int64_t t = 0; t < counts_.thresholds(); ++t) values.push_back(value_of(counts_.at(t)));
    return values;
  }

 private:
  ConfusionCounts counts_;
};

template <class Kind>
class CountMetric final : public CountingMetric<CountOptions<Kind>> {
 public:
  explicit CountMetric(const CountOptions<Kind>& options)
      : CountingMetric<CountOptions<Kind>>(options, {.thresholds = thresholds_of(options.thresholds, 0.5)}) {}
  std::vector<double> results() const override {
    return this->for_each_threshold([](const ConfusionCounts::Cell& cell) { return cell.*Kind::kCount; });
  }
  std::optional<Direction> direction() const override { return std::nullopt; }
};

template <class Kind>
class ShareMetric final : public CountingMetric<ShareOptions<Kind>> {
 public:
  explicit ShareMetric(const ShareOptions<Kind>& options)
      : CountingMetric<ShareOptions<Kind>>(
            options, {.thresholds = thresholds_of(options.thresholds, options.top_k ? kBelowAll : 0.5),
                      .top_k = options.top_k,
                      .class_id = options.class_id}) {}
  std::vector<double> results() const override {
    return this->for_each_threshold(
        [](const ConfusionCounts::Cell& cell) { return share_of(cell.true_positives, cell.*Kind::kMissed); });
  }
};

template <class Kind>
class ShareAtMetric final : public CountingMetric<ShareAtOptions<Kind>> {
 public:
  explicit ShareAtMetric(const ShareAtOptions<Kind>& options)
      : CountingMetric<ShareAtOptions<Kind>>(
            options, {.thresholds = even_thresholds(options.num_thresholds), .class_id = options.class_id}) {
    if (!(options.value >= 0.0 && options.value <= 1.0)) {
      throw ValueError(fmt::format("Argument `{}` must be in the range [0, 1]. Received: {}={}",
                                   Kind::kArgument, Kind::kArgument, options.value));
    }
  }
  std::vector<double> results() const override {
    const double wanted = this->options().value;
    const std::vector<double> feasible =
        this->for_each_threshold([wanted](const ConfusionCounts::Cell& cell) {
          return Kind::kGiven(cell) >= wanted ? Kind::kReported(cell) : 0.0;
        });
    return {std::max(0.0, *std::max_element(feasible.begin(), feasible.end()))};
  }
};

}  // namespace

double recall_of(const ConfusionCounts::Cell& cell) {
  return share_of(cell.true_positives, cell.false_negatives);
}
double precision_of(const ConfusionCounts::Cell& cell) {
  return share_of(cell.true_positives, cell.false_positives);
}
double specificity_of(const ConfusionCounts::Cell& cell) {
  return share_of(cell.true_negatives, cell.false_positives);
}

template <class Kind>
Count<Kind>::Count(CountOptions<Kind> options)
    : Metric(std::make_shared<CountMetric<Kind>>(std::move(options))) {}
template <class Kind>
Share<Kind>::Share(ShareOptions<Kind> options)
    : Metric(std::make_shared<ShareMetric<Kind>>(std::move(options))) {}
template <class Kind>
ShareAt<Kind>::ShareAt(ShareAtOptions<Kind> options)
    : Metric(std::make_shared<ShareAtMetric<Kind>>(std::move(options))) {}

template class Count<TruePositivesKind>;
template class Count<FalsePositivesKind>;
template class Count<TrueNegativesKind>;
template class Count<FalseNegativesKind>;
template class Share<PrecisionKind>;
template class Share<RecallKind>;
template class ShareAt<SensitivityAtSpecificityKind>;
template class ShareAt<SpecificityAtSensitivityKind>;
template class ShareAt<PrecisionAtRecallKind>;
template class ShareAt<RecallAtPrecisionKind>;

}  // namespace sepal::metrics
