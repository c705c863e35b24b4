// CategoryEncoding: numbers of categories as vectors of ones and zeros (keras.layers.CategoryEncoding).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct CategoryEncodingOptions {
  std::int64_t num_tokens = 0;
  /// "one_hot", "multi_hot" (all of the last axis together) or "count" (how often each occurs there).
  std::string output_mode = "multi_hot";
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  static constexpr std::initializer_list<const char*> kRequired = {"num_tokens"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("num_tokens", o.num_tokens);
    v("output_mode", o.output_mode);
  }
};

/// Whole numbers in any dtype: "one_hot" (…, 1) or (…) -> (…, num_tokens), else (…, n) -> (…, num_tokens).
/// Numbers that name no category count nothing. Not differentiable.
class CategoryEncodingLayer : public ConfiguredLayer<CategoryEncodingOptions> {
 public:
  /// @throws ValueError if num_tokens is below 1 or output_mode is none of these.
  explicit CategoryEncodingLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
  bool casts_inputs() const override { return false; }
};

namespace layers {
using CategoryEncoding = Ref<CategoryEncodingLayer>;
}

}  // namespace sepal
