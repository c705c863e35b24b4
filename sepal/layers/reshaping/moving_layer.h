// MovingLayer: a layer that moves elements and computes nothing.
#pragma once

#include <algorithm>
#include <vector>

#include "sepal/layers/configured_layer.h"

namespace sepal {

/// Whole numbers stay whole numbers; floats come out in the layer's compute dtype.
template <class OptionsT>
class MovingLayer : public ConfiguredLayer<OptionsT> {
 protected:
  using ConfiguredLayer<OptionsT>::ConfiguredLayer;

  std::vector<DType> compute_output_dtypes(const std::vector<DType>& input_dtypes, std::size_t) override {
    std::vector<DType> dtypes = input_dtypes;
    std::replace_if(dtypes.begin(), dtypes.end(), is_floating, this->compute_dtype());
    return dtypes;
  }
};

}  // namespace sepal
