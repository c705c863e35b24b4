#include "sepal/models/frozen_fusion.h"

#include <algorithm>
#include <map>

#include "sepal/models/frozen_convolution.h"
#include "sepal/models/frozen_folding.h"

namespace sepal::frozen {
namespace {

/// Who makes and who reads each value. Made anew after each change; graphs are small.
struct Uses {
  explicit Uses(const Graph& graph) : maker(graph.values.size(), nullptr), readers(graph.values.size(), 0) {
    for (const Node& node : graph.nodes) {
      for (const std::size_t output : node.outputs) maker[output] = &node;
      for (const std::size_t input : node.inputs) ++readers[input];
    }
    for (const std::size_t output : graph.outputs) ++readers[output];
  }

  std::vector<const Node*> maker;  // nullptr: an input of the graph
  std::vector<int> readers;
};

std::size_t position_of(const Graph& graph, const Node* node) {
  return static_cast<std::size_t>(node - graph.nodes.data());
}

void remove(Graph& graph, std::size_t position) {
  graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(position));
}

void replace_value(Graph& graph, std::size_t from, std::size_t to) {
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), from, to);
}

bool is_output(const Graph& graph, std::size_t value) {
  return std::find(graph.outputs.begin(), graph.outputs.end(), value) != graph.outputs.end();
}

template <class W>
bool both_equal(const Node& a, const Node& b) {
  const auto* left = std::get_if<W>(&a.work);
  const auto* right = std::get_if<W>(&b.work);
  return left != nullptr && right != nullptr && *left == *right;
}

bool computes_the_same(const Node& a, const Node& b) {
  return both_equal<Elementwise>(a, b) || both_equal<Frame>(a, b) || both_equal<Pooling>(a, b);
}

// Branches of a model often begin with the same activation or pooling of one value.
bool join_equal_nodes(Graph& graph) {
  std::multimap<std::size_t, std::size_t> readers;  // of one value each: that value, their positions
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Node& node = graph.nodes[k];
    if (node.inputs.size() != 1 || is_output(graph, node.outputs[0])) continue;
    const auto [begin, end] = readers.equal_range(node.inputs[0]);
    const auto same = std::find_if(
        begin, end, [&](const auto& reader) { return computes_the_same(graph.nodes[reader.second], node); });
    if (same == end) {
      readers.emplace(node.inputs[0], k);
      continue;
    }
    replace_value(graph, node.outputs[0], graph.nodes[same->second].outputs[0]);
    remove(graph, k);
    return true;
  }
  return false;
}

// A view that changes no shape is nothing.
bool drop_idle_view(Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!std::holds_alternative<View>(node.work) || is_output(graph, node.outputs[0])) continue;
    if (graph.values[node.inputs[0]].shape != graph.values[node.outputs[0]].shape) continue;
    const std::size_t input = node.inputs[0];
    replace_value(graph, node.outputs[0], input);
    remove(graph, i);
    return true;
  }
  return false;
}

bool drop_unread_node(Graph& graph) {
  const Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const bool is_read = std::any_of(node.outputs.begin(), node.outputs.end(),
                                     [&](std::size_t output) { return uses.readers[output] > 0; });
    if (is_read || std::holds_alternative<Call>(node.work)) continue;
    remove(graph, i);
    return true;
  }
  return false;
}

// What makes the first input of `node`, if it is a W.
template <class W>
const W* made_by(const Uses& uses, const Node& node) {
  const Node* maker = uses.maker[node.inputs[0]];
  return maker == nullptr ? nullptr : std::get_if<W>(&maker->work);
}

// `node` does what the maker of its first input did as well.
void read_before(const Uses& uses, Node& node) {
  const Node& maker = *uses.maker[node.inputs[0]];
  node.inputs[0] = maker.inputs[0];
  node.label = maker.label + "+" + node.label;
}

// Zeros that are added and then cut off on the other side move an image: one copy instead of two. What was
// cut off cannot come back as zeros.
bool join_frames(Graph& graph) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    auto* frame = std::get_if<Frame>(&node.work);
    const Frame* first = frame == nullptr ? nullptr : made_by<Frame>(uses, node);
    if (first == nullptr || first->channels_first != frame->channels_first) continue;
    bool joins = true;
    for (std::size_t side = 0; side < 4; ++side) {
      joins = joins && (first->cells[side] >= 0 || frame->cells[side] <= 0);
    }
    if (!joins) continue;
    for (std::size_t side = 0; side < 4; ++side) frame->cells[side] += first->cells[side];
    read_before(uses, node);
    return true;
  }
  return false;
}

bool is_pointwise(const Convolution& c) {
  return is_one_by_one(c) && c.options.stride_h == 1 && c.options.stride_w == 1 &&
         c.zeros == std::array<std::int64_t, 4>{};
}

// Windows of one cell only leave cells out: a 1x1 convolution behind them leaves them out itself.
bool move_strides_into_convolution(Graph& graph) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    auto* convolution = std::get_if<Convolution>(&node.work);
    if (convolution == nullptr || !is_pointwise(*convolution)) continue;
    const auto* pooling = made_by<Pooling>(uses, node);
    if (pooling == nullptr || pooling->options.pool_h != 1 || pooling->options.pool_w != 1 ||
        pooling->options.channels_first != convolution->options.channels_first) {
      continue;
    }
    convolution->options.stride_h = pooling->options.stride_h;
    convolution->options.stride_w = pooling->options.stride_w;
    convolution->options.padding = ops::Padding::valid;
    read_before(uses, node);
    return true;
  }
  return false;
}

bool move_frame_into_convolution(Graph& graph) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    auto* convolution = std::get_if<Convolution>(&node.work);
    if (convolution == nullptr || convolution->kind == Convolution::Kind::dense) continue;
    const auto* frame = made_by<Frame>(uses, node);
    if (frame == nullptr || !takes_zeros(*convolution, *frame)) continue;
    convolution->zeros = frame->cells;
    read_before(uses, node);
    return true;
  }
  return false;
}

// The node that makes the only input of `node`, if nothing else reads that value.
Node* only_maker(Graph& graph, const Uses& uses, std::size_t value) {
  const Node* maker = uses.maker[value];
  if (maker == nullptr || uses.readers[value] != 1 || maker->outputs.size() != 1) return nullptr;
  return &graph.nodes[position_of(graph, maker)];
}

// `maker` takes over what node `position` makes.
void absorb(Graph& graph, Node& maker, std::size_t position) {
  maker.outputs = graph.nodes[position].outputs;
  maker.label += "+" + graph.nodes[position].label;
  remove(graph, position);
}

bool fold_normalization(Graph& graph) {
  const Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto* normalization = std::get_if<Normalization>(&graph.nodes[i].work);
    if (normalization == nullptr) continue;
    Node* maker = only_maker(graph, uses, graph.nodes[i].inputs[0]);
    auto* convolution = maker == nullptr ? nullptr : std::get_if<Convolution>(&maker->work);
    if (convolution == nullptr || !convolution->activation.is_linear() || convolution->folded) continue;
    const int rank = graph.values[graph.nodes[i].inputs[0]].shape.rank();
    if (normalization->axis != (convolution->options.channels_first ? 1 : rank - 1)) continue;
    convolution->folded = normalization->statistics;
    convolution->activation = normalization->activation;
    absorb(graph, *maker, i);
    return true;
  }
  return false;
}

// Where a work keeps its activation; nullptr: it has none.
Activation* activation_in(Work& work) {
  if (auto* convolution = std::get_if<Convolution>(&work)) return &convolution->activation;
  if (auto* normalization = std::get_if<Normalization>(&work)) return &normalization->activation;
  if (auto* merge = std::get_if<Merge>(&work)) return &merge->activation;
  if (auto* concatenation = std::get_if<Concatenation>(&work)) return &concatenation->activation;
  return nullptr;
}

bool fuse_activation(Graph& graph) {
  const Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto* elementwise = std::get_if<Elementwise>(&graph.nodes[i].work);
    if (elementwise == nullptr) continue;
    Node* maker = only_maker(graph, uses, graph.nodes[i].inputs[0]);
    Activation* activation = maker == nullptr ? nullptr : activation_in(maker->work);
    if (activation == nullptr || !activation->is_linear()) continue;
    if (std::holds_alternative<Concatenation>(maker->work) && !elementwise->activation.clamp()) continue;
    *activation = elementwise->activation;
    absorb(graph, *maker, i);
    return true;
  }
  return false;
}

bool same_known_shape(const Graph& graph, std::size_t a, std::size_t b) {
  const Shape& shape = graph.values[a].shape;
  return shape == graph.values[b].shape && shape.rank() > 1 && shape.slice(1).is_fully_defined();
}

// A depthwise and a 1x1 convolution are a separable one, if what lies between them is a clamp.
bool join_depthwise_and_pointwise(Graph& graph) {
  const Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    auto* pointwise = std::get_if<Convolution>(&graph.nodes[i].work);
    if (pointwise == nullptr || !is_pointwise(*pointwise)) continue;
    Node* maker = only_maker(graph, uses, graph.nodes[i].inputs[0]);
    const auto* depthwise = maker == nullptr ? nullptr : std::get_if<Convolution>(&maker->work);
    if (depthwise == nullptr || depthwise->kind != Convolution::Kind::depthwise || depthwise->adds ||
        !depthwise->activation.clamp() ||
        depthwise->options.channels_first != pointwise->options.channels_first) {
      continue;
    }
    pointwise->kind = Convolution::Kind::separable;
    pointwise->depthwise = depthwise->depthwise;
    pointwise->depthwise_bias = depthwise->bias;
    pointwise->depthwise_folded = depthwise->folded;
    pointwise->depthwise_activation = depthwise->activation;
    pointwise->options = depthwise->options;
    pointwise->zeros = depthwise->zeros;
    graph.nodes[i].inputs[0] = maker->inputs[0];
    graph.nodes[i].label = maker->label + "+" + graph.nodes[i].label;
    remove(graph, position_of(graph, maker));
    return true;
  }
  return false;
}

// Of the two values of a sum the one made last comes from the convolution that adds the other.
bool fuse_sum(Graph& graph) {
  const Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto* merge = std::get_if<Merge>(&graph.nodes[i].work);
    const std::vector<std::size_t> inputs = graph.nodes[i].inputs;
    if (merge == nullptr || merge->kind != Merge::Kind::add || inputs.size() != 2) continue;
    if (inputs[0] == inputs[1] || !same_known_shape(graph, inputs[0], inputs[1])) continue;
    Node* best = nullptr;
    std::size_t other = 0;
    for (std::size_t k = 0; k < 2; ++k) {
      Node* maker = only_maker(graph, uses, inputs[k]);
      const auto* convolution = maker == nullptr ? nullptr : std::get_if<Convolution>(&maker->work);
      if (convolution == nullptr || !convolution->activation.is_linear() || convolution->adds) continue;
      if (best != nullptr && best > maker) continue;
      best = maker;
      other = inputs[1 - k];
    }
    if (best == nullptr) continue;
    auto& convolution = std::get<Convolution>(best->work);
    convolution.adds = true;
    convolution.activation = merge->activation;
    best->inputs.push_back(other);
    best->outputs = graph.nodes[i].outputs;
    best->label += "+" + graph.nodes[i].label;
    // It runs where the sum did: the other value may be made between the two.
    graph.nodes[i] = *best;
    remove(graph, position_of(graph, best));
    return true;
  }
  return false;
}

// Whether only works of the plan read `value`, as it is.
bool stays_in_plan(const Graph& graph, std::size_t value) {
  return !is_output(graph, value) &&
         std::none_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
           const bool reads = std::find(node.inputs.begin(), node.inputs.end(), value) != node.inputs.end();
           return reads &&
                  (std::holds_alternative<Call>(node.work) || std::holds_alternative<View>(node.work));
         });
}

// Whether the fused kernel makes the convolution's result, activation included, followed by another one.
bool is_made_in_registers(const Convolution& convolution, const Activation& next) {
  const bool has_kernel = convolution.kind == Convolution::Kind::separable || is_one_by_one(convolution);
  const Activation& own = convolution.activation;
  return has_kernel && !convolution.options.channels_first && own.clamp() &&
         (own.is_linear() || next.is_linear() || own == next);
}

// Convolutions write their results at once where they are wanted side by side.
void write_into_concatenations(Graph& graph) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    auto* concatenation = std::get_if<Concatenation>(&node.work);
    if (concatenation == nullptr) continue;
    const Shape& joined = graph.values[node.outputs[0]].shape;
    const bool fits = joined.rank() == 4 && normalize_axis(concatenation->axis, 4) == 3 &&
                      stays_in_plan(graph, node.outputs[0]);
    if (!fits) continue;
    concatenation->is_written.assign(node.inputs.size(), false);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      Node* maker = only_maker(graph, uses, node.inputs[i]);
      auto* convolution = maker == nullptr ? nullptr : std::get_if<Convolution>(&maker->work);
      if (convolution == nullptr || !is_made_in_registers(*convolution, concatenation->activation)) continue;
      if (convolution->activation.is_linear()) convolution->activation = concatenation->activation;
      convolution->joined_channels = joined.back();
      concatenation->is_written[i] = true;
    }
  }
}

}  // namespace

void fuse(Graph& graph) {
  const auto repeat = [&](bool (*step)(Graph&)) {
    while (step(graph)) continue;
  };
  for (const auto step : {drop_idle_view, join_equal_nodes, join_frames, move_strides_into_convolution,
                          move_frame_into_convolution, drop_unread_node, fold_normalization, fuse_activation,
                          fuse_sum, join_depthwise_and_pointwise}) {
    repeat(step);
  }
  write_into_concatenations(graph);
  for (Node& node : graph.nodes) {
    if (auto* convolution = std::get_if<Convolution>(&node.work)) prepare_weights(*convolution);
  }
}

}  // namespace sepal::frozen
