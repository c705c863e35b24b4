// Calls of other layers.
#include <nlohmann/json.hpp>

#include "tests/contract/call_words.h"

namespace sepal::testing {

std::vector<Call> other_layers() {
  using namespace layers;
  return {
      {"conv_groups_indivisible",
       [] {
         return of_shape(Conv2D({.filters = 4, .kernel_size = 3, .groups = 2})(s({kNone, 5, 5, 3})));
       },
       {"groups", "channels", "2", "3"}},
      {"conv_filters_groups",
       [] { return printed(Conv2D({.filters = 3, .kernel_size = 3, .groups = 2})); },
       {"groups", "filters", "groups=2", "filters=3"}},
      {"conv_stride_dilation",
       [] { return printed(Conv2D({.filters = 3, .kernel_size = 3, .strides = 2, .dilation_rate = 2})); },
       {"strides", "dilation_rate", "(2, 2)"}},
      // As SeparableConv2D: the rule of the founding page.
      {"dw_stride_dilation",
       [] { return printed(DepthwiseConv2D({.kernel_size = 3, .strides = 2, .dilation_rate = 2})); },
       {"strides", "dilation_rate", "(2, 2)"},
       "k215"},
      {"dense_units_0", [] { return printed(Dense({.units = 0})); }, {"`units`", "positive", "units=0"}},
      {"dense_units_float",
       [] { return from<DenseLayer>(Json::object(), "units", 2.5); },
       {"units", "integer", "2.5"}},
      {"dense_other_dim",
       [] {
         const Dense made({.units = 2});
         (void)made(x({1, 3}));
         return of_shape(made(x({1, 4})));
       },
       {"axis -1", "value 3", "(1, 4)"}},
      {"add_one",
       [] {
         return of_shape(Add()(Tensors{x({1, 3})}));
       }},
      {"add_shapes",
       [] {
         return of_shape(Add()({x({1, 3}), x({1, 4})}));
       },
       {"incompatible shapes", "3)", "4)"}},
      {"concat_shapes",
       [] {
         return of_shape(Concatenate()({x({1, 3, 2}), x({1, 4, 2})}));
       },
       {"matching shapes except for the concatenation axis", "(1, 3, 2)", "(1, 4, 2)"}},
      {"reshape_bad",
       [] {
         return of_shape(Reshape({.target_shape = {5}})(x({1, 3})));
       },
       {"(3,)", "(5,)"}},
      {"permute_bad",
       [] {
         return printed(Permute({.dims = {0, 1}}));
       },
       {"`dims`", "(0, 1)"}},
      {"pool_size_0",
       [] { return printed(MaxPooling2D({.pool_size = 0})); },
       {"`pool_size`", "tuple of 2 integers", "0"}},
      {"pool_too_small",
       [] {
         return of_shape(MaxPooling2D({.pool_size = 3})(x({1, 2, 2, 1})));
       },
       {"(1, 2, 2, 1)"},
       kTf14},
      {"crop_all",
       [] {
         return of_shape(Cropping2D({.cropping = 2})(x({1, 4, 4, 1})));
       },
       {"`cropping`", "(1, 4, 4, 1)"}},
      {"bn_axis",
       [] {
         return of_shape(BatchNormalization({.axis = 5})(x({2, 3})));
       },
       {"5", "2"},
       kTf14},
      {"dropout_rate", [] { return printed(Dropout({.rate = 1.5})); }, {"`rate`", "between 0 and 1", "1.5"}},
      {"relu_neg_max", [] { return printed(ReLU({.max_value = -1})); }, {"max_value", "negative", "-1"}},
      {"leaky_none",
       [] { return from<LeakyReLULayer>(Json::object(), "negative_slope", nullptr); },
       {"negative_slope", "number", "null"}},
      {"softmax_1d", [] { return of_shape(ops::softmax(x({3}))); }},
      {"upsampling_bad", [] { return printed(UpSampling2D({.size = 2, .interpolation = "foo"})); }},
  };
}

}  // namespace sepal::testing
