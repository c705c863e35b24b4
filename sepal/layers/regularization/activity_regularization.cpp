#include "sepal/layers/regularization/activity_regularization.h"

#include <nlohmann/json.hpp>

namespace sepal {

ActivityRegularizationLayer::ActivityRegularizationLayer(Options options)
    : ConfiguredLayer("ActivityRegularization", std::move(options)) {
  set_activity_regularizer(regularizers::L1L2{.l1 = options_.l1, .l2 = options_.l2});
  set_supports_masking();
}

Json ActivityRegularizationLayer::get_config() const {
  Json config = ConfiguredLayer::get_config();
  config.erase("activity_regularizer");
  return config;
}

}  // namespace sepal
