#include "sepal/layers/normalization/renorm_clipping.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"

namespace sepal {

void config_put(Json& out, const char* key, const std::optional<RenormClipping>& value) {
  if (!value) {
    out[key] = nullptr;
    return;
  }
  Json bounds = Json::object();
  if (value->rmax) bounds["rmax"] = *value->rmax;
  if (value->rmin) bounds["rmin"] = *value->rmin;
  if (value->dmax) bounds["dmax"] = *value->dmax;
  out[key] = std::move(bounds);
}

void config_get(const Json& in, const ConfigField& field, std::optional<RenormClipping>& value) {
  value.reset();
  if (in.is_null()) return;
  if (!in.is_object()) config_type_error(field, "an object with rmax, rmin and dmax", in);
  RenormClipping bounds;
  for (const auto& [key, bound] : in.items()) {
    if (key == "rmax") {
      config_get(bound, {field.str(), "rmax"}, bounds.rmax);
    } else if (key == "rmin") {
      config_get(bound, {field.str(), "rmin"}, bounds.rmin);
    } else if (key == "dmax") {
      config_get(bound, {field.str(), "dmax"}, bounds.dmax);
    } else {
      throw ValueError(
          fmt::format("{}: Received invalid keys for `renorm_clipping` argument: '{}'. Supported values: "
                      "['rmax', 'rmin', 'dmax'].",
                      field.str(), key));
    }
  }
  value = bounds;
}

}  // namespace sepal
