#include "sepal/layers/regularization/spatial_dropout.h"

#include <nlohmann/json.hpp>

#include "sepal/layers/image_data_format.h"
#include "sepal/ops/elementwise.h"

namespace sepal {

template <class OptionsT>
SpatialDropoutLayer<OptionsT>::SpatialDropoutLayer(const char* class_name, int rank, Options options)
    : NoiseLayer<OptionsT>(class_name, "rate", &OptionsT::rate, std::move(options)) {
  if constexpr (requires { options_.data_format; }) {
    options_.data_format = standardize_data_format(options_.data_format);
  }
  this->set_input_spec({.ndim = rank});
}

template <class OptionsT>
Json SpatialDropoutLayer<OptionsT>::get_config() const {
  Json config = Json::object();
  this->put_config(config);
  config["name"] = this->name();
  config["dtype"] = std::string(name_of(this->dtype()));
  return config;
}

template <class OptionsT>
Tensor SpatialDropoutLayer<OptionsT>::disturbed(const Tensor& input, std::uint64_t key) const {
  if (options_.rate == 1.0) return ops::multiply(input, 0.0);
  int channels = input.rank() - 1;
  if constexpr (requires { options_.data_format; }) {
    if (options_.data_format == "channels_first") channels = 1;
  }
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(input.rank()), 1));
  shape[0] = input.shape()[0];
  shape[channels] = input.shape()[channels];
  return ops::multiply(input, dropout_mask(shape, options_.rate, input.dtype(), key));
}

template class SpatialDropoutLayer<SpatialDropout1DOptions>;
template class SpatialDropoutLayer<SpatialDropoutOptions>;

}  // namespace sepal
