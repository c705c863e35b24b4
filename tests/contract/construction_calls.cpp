// Calls of a SeparableConv2D's constructor.
#include <nlohmann/json.hpp>

#include "tests/contract/call_words.h"

namespace sepal::testing {

std::vector<Call> constructions() {
  const Says kPair{"kernel_size", "integer"};
  return {
      {"ctor_missing",
       [] { return printed(SeparableConv2D::from_config(Json::object())); },
       {"missing", "'filters'"}},
      {"ctor_missing_kernel",
       [] {
         return printed(SeparableConv2D::from_config({{"filters", 3}}));
       },
       {"missing", "'kernel_size'"}},
      {"ctor_filters_0",
       [] { return printed(SeparableConv2D({.filters = 0, .kernel_size = 3})); },
       {"`filters`", "strictly positive", "filters=0"}},
      {"ctor_filters_neg",
       [] { return printed(SeparableConv2D({.filters = -2, .kernel_size = 3})); },
       {"`filters`", "strictly positive", "filters=-2"}},
      {"ctor_filters_float",
       [] {
         return SeparableConv2D::from_config({{"filters", 8.0}, {"kernel_size", 3}})->options().filters;
       }},
      {"ctor_filters_none",
       [] { return separable("filters", nullptr); },
       {"filters", "integer", "null"},
       kRow,
       raises("ValueError")},
      {"ctor_filters_str", [] { return separable("filters", "8"); }, {"filters", "integer", "\"8\""}},
      {"ctor_kernel_len1",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = {3}})); },
       {"`kernel_size`", "tuple of 2 integers", "(3,)"}},
      {"ctor_kernel_len3",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = {3, 3, 3}}));
       },
       {"`kernel_size`", "tuple of 2 integers", "(3, 3, 3)"}},
      {"ctor_kernel_float", [] { return separable("kernel_size", 3.5); }, {"kernel_size", "integer", "3.5"}},
      {"ctor_kernel_none",
       [] { return separable("kernel_size", nullptr); },
       {"kernel_size", "integer", "null"}},
      {"ctor_kernel_str", [] { return separable("kernel_size", "ab"); }, {"kernel_size", "integer", "ab"}},
      {"ctor_kernel_0",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = {1, 0}}));
       },
       {"`kernel_size`", "tuple of 2 integers", "(1, 0)"}},
      {"ctor_kernel_neg",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = -3})); },
       {"`kernel_size`", "tuple of 2 integers", "-3"}},
      {"ctor_kernel_list",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = {3, 5}})->options().kernel_size.values();
       }},
      {"ctor_kernel_bool",
       [] { return separable("kernel_size", true); },
       {"kernel_size", "integer", "true"},
       kRow,
       raises("ValueError")},
      {"ctor_kernel_inner_none",
       [] {
         return separable("kernel_size", {3, nullptr});
       },
       {"kernel_size", "integer", "null"}},
      {"ctor_strides_len3",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 2, 3}}));
       },
       {"`strides`", "tuple of 2 integers", "(1, 2, 3)"}},
      {"ctor_strides_none", [] { return separable("strides", nullptr); }, {"strides", "integer", "null"}},
      {"ctor_strides_0",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 0}}));
       },
       {"`strides`", "tuple of 2 integers", "(1, 0)"}},
      {"ctor_strides_neg",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = -1})); },
       {"`strides`", "tuple of 2 integers", "-1"}},
      // The page forbids it, and so did every Keras from 2.12 to 3.14.
      {"ctor_stride_dilation",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = 2, .dilation_rate = 2}));
       },
       {"strides", "dilation_rate", "(2, 2)"},
       "k215"},
      {"ctor_stride_dilation_mixed",
       [] {
         return printed(
             SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {2, 1}, .dilation_rate = {1, 2}}));
       },
       {"strides", "dilation_rate", "(2, 1)", "(1, 2)"},
       "k215"},
      {"ctor_dilation_0",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .dilation_rate = 0})); },
       {"`dilation_rate`", "tuple of 2 integers", "0"}},
      {"ctor_dilation_len3",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .dilation_rate = {1, 1, 1}}));
       },
       {"`dilation_rate`", "tuple of 2 integers", "(1, 1, 1)"}},
      {"ctor_padding_upper",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "SAME"})->options().padding;
       }},
      {"ctor_padding_full",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "full"})); },
       {"`padding`", "valid", "same", "full"}},
      {"ctor_padding_causal",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "causal"})); },
       {"`padding`", "valid", "same", "causal"}},
      {"ctor_padding_none",
       [] { return separable("padding", nullptr); },
       {"padding", "string", "null"},
       kRow,
       raises("ValueError")},
      {"ctor_padding_int",
       [] { return separable("padding", 1); },
       {"padding", "string", "1"},
       kRow,
       raises("ValueError")},
      {"ctor_df_case",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .data_format = "Channels_First"})
             ->options()
             .data_format;
       }},
      {"ctor_df_nchw",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .data_format = "nchw"})); },
       {"`data_format`", "channels_first", "channels_last", "nchw"}},
      {"ctor_df_int", [] { return separable("data_format", 1); }, {"data_format", "string", "1"}},
      {"ctor_dm_0",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depth_multiplier = 0})); },
       {"`depth_multiplier`", "strictly positive", "depth_multiplier=0"}},
      {"ctor_dm_neg",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depth_multiplier = -1})); },
       {"`depth_multiplier`", "strictly positive", "depth_multiplier=-1"}},
      {"ctor_act_unknown",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = "foo"})); },
       {"activation function identifier", "foo"}},
      {"ctor_act_none",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = nullptr})
             ->get_config()["activation"];
       }},
      {"ctor_act_number", [] { return separable("activation", 3); }, {"activation", "3"}},
      {"ctor_act_case",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = "ReLU"})); },
       {"activation function identifier", "ReLU"}},
      {"ctor_init_none",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_initializer = nullptr}));
       }},
      {"ctor_init_unknown",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_initializer = "foo"}));
       },
       {"initializer", "foo"}},
      {"ctor_init_no_config",
       [] {
         return separable("pointwise_initializer", {{"class_name", "Zeros"}});
       },
       {"pointwise_initializer", "`config`", "Zeros"},
       "tf14"},
      {"ctor_bias_init_unknown",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .bias_initializer = "foo"})); },
       {"initializer", "foo"}},
      {"ctor_reg_unknown",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "foo"}));
       },
       {"regularizer", "foo"}},
      {"ctor_reg_number",
       [] { return separable("pointwise_regularizer", 0.1); },
       {"pointwise_regularizer", "0.1"}},
      // Keras 3 refuses the name that its own documentation uses.
      {"ctor_reg_l1_l2",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l1_l2"});
         const auto* both = made->options().depthwise_regularizer.as<regularizers::L1L2>();
         return Json{{"l1", both->l1}, {"l2", both->l2}};
       },
       {},
       kTf14},
      {"ctor_reg_l1l2",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l1l2"});
         const auto* both = made->options().depthwise_regularizer.as<regularizers::L1L2>();
         return Json{{"l1", both->l1}, {"l2", both->l2}};
       }},
      {"ctor_con_unknown",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .bias_constraint = "foo"})); },
       {"constraint", "foo"}},
      {"ctor_kw_unknown", [] { return separable("foo", 1); }, {"'foo'"}, kTf14},
      // Older versions took it and lost it: files may have it, callers not.
      {"ctor_kw_kernel_init",
       [] { return separable("kernel_initializer", "zeros"); },
       {"'kernel_initializer'"},
       kRow,
       raises("TypeError")},
      {"ctor_kw_groups", [] { return separable("groups", 1); }, {"'groups'"}, kTf14},
      {"ctor_name_slash",
       [] { return printed(SeparableConv2D({.filters = 1, .kernel_size = 1, .name = "a/b"})); },
       {"`name`", "`/`", "a/b"}},
      {"ctor_name_int", [] { return separable("name", 5); }, {"name", "string", "5"}},
      {"ctor_name_empty",
       [] { return separable("name", ""); },
       {"`name`", "empty"},
       kRow,
       raises("ValueError")},
      {"ctor_dtype_bad",
       [] { return printed(SeparableConv2D({.filters = 1, .kernel_size = 1, .dtype = "float8"})); },
       {"float8", "policy"}},
      {"ctor_trainable_str",
       [] { return separable("trainable", "no"); },
       {"trainable", "true or false", "no"}},
      {"ctor_batch_input_shape",
       [] {
         return printed(
             SeparableConv2D({.filters = 1, .kernel_size = 1}, {.batch_input_shape = {{kNone, 4, 4, 2}}}));
       },
       {},
       kTf14},
  };
}

}  // namespace sepal::testing
