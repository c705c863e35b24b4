#include "sepal/train/target_kind.h"

#include <nlohmann/json.hpp>

namespace sepal {

TargetKind target_kind(const Shape& y_true, const Shape& y_pred) {
  const std::int64_t last_true = y_true.empty() ? 1 : y_true.back();
  const std::int64_t last_pred = y_pred.empty() ? 1 : y_pred.back();
  if (last_pred == 1) return TargetKind::binary;
  if (y_true.rank() < y_pred.rank() || last_true == 1) return TargetKind::sparse;
  return TargetKind::one_hot;
}

Json modern_identifier(const Json& in, const std::string& wrapper) {
  if (!in.is_object() || in.value("class_name", Json()) != wrapper) return in;
  const auto config = in.find("config");
  if (config == in.end() || !config->is_object() || !config->contains("fn")) return in;
  const Json& function = config->at("fn");
  Json out = in;
  out["class_name"] = function.is_object() && function.contains("config") ? function["config"] : function;
  out["config"].erase("fn");
  return out;
}

}  // namespace sepal
