#include "sepal/models/frozen_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <utility>

#include "sepal/base/buffer.h"
#include "sepal/base/trace.h"
#include "sepal/models/arena_layout.h"

namespace sepal::frozen {
namespace {

constexpr std::int64_t kAlignment = kBufferAlignment / sizeof(float);

/// Values that lie in one place, and when the place is in use.
class Places {
 public:
  explicit Places(const Graph& graph)
      : root_(graph.values.size()),
        first_(graph.values.size(), 0),
        last_(graph.values.size(), 0),
        is_fixed_(graph.values.size(), false) {
    std::iota(root_.begin(), root_.end(), std::size_t{0});
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      const bool is_call = std::holds_alternative<Call>(node.work);
      for (const std::size_t output : node.outputs) {
        first_[output] = last_[output] = i;
        if (is_call) is_fixed_[output] = true;
      }
      for (const std::size_t input : node.inputs) {
        last_[input] = i;
        if (is_call) is_fixed_[input] = true;
      }
    }
    for (const std::size_t input : graph.inputs) is_fixed_[input] = true;
    for (const std::size_t output : graph.outputs) last_[output] = graph.nodes.size();
    for (const Node& node : graph.nodes) {
      if (std::holds_alternative<View>(node.work)) join(node.inputs[0], node.outputs[0]);
    }
  }

  std::size_t root(std::size_t value) const {
    while (root_[value] != value) value = root_[value];
    return value;
  }
  std::size_t first(std::size_t value) const { return first_[root(value)]; }
  std::size_t last(std::size_t value) const { return last_[root(value)]; }

  /// Whether step `step`, which reads `value`, may write its result there.
  bool dies_in(std::size_t value, std::size_t step) const {
    return !is_fixed_[root(value)] && last(value) == step;
  }

  void join(std::size_t source, std::size_t result) {
    const std::size_t into = root(source);
    const std::size_t from = root(result);
    if (into == from) return;
    root_[from] = into;
    first_[into] = std::min(first_[into], first_[from]);
    last_[into] = std::max(last_[into], last_[from]);
    is_fixed_[into] = is_fixed_[into] || is_fixed_[from];
  }

  /// `part` lies among other values in `whole`, which then has memory of its own.
  void join_part(std::size_t whole, std::size_t part) {
    join(whole, part);
    is_fixed_[root(whole)] = true;
  }

 private:
  std::vector<std::size_t> root_, first_, last_;
  // Given by a caller or a layer, read by a layer, or made in parts: not to be overwritten.
  std::vector<bool> is_fixed_;
};

std::vector<std::string> texts(const Shapes& shapes) {
  std::vector<std::string> all;
  for (const Shape& shape : shapes) all.push_back(shape.str());
  return all;
}

}  // namespace

Layout::Layout(std::shared_ptr<const Graph> graph, Shapes input_shapes)
    : graph_(std::move(graph)), input_shapes_(std::move(input_shapes)) {
  find_shapes();
  for (const Node& node : graph_->nodes) {
    Shapes shapes;
    for (const std::size_t input : node.inputs) shapes.push_back(shapes_[input]);
    steps_.push_back({.node = &node, .step = step_for(node.work, shapes, shapes_[node.outputs[0]])});
  }
  place_values();
  if (!traces("times")) return;
  std::vector<StepTimes::Row> rows;
  for (const PlannedStep& step : steps_) {
    rows.push_back(
        {fmt::format("{} {}: {}", step.node->label, shapes_[step.node->outputs[0]].str(), kernel_of(step)),
         step.step.multiply_adds});
  }
  times_ = std::make_unique<StepTimes>(std::move(rows));
}

void Layout::find_shapes() {
  shapes_.resize(graph_->values.size());
  for (std::size_t i = 0; i < input_shapes_.size(); ++i) shapes_[graph_->inputs[i]] = input_shapes_[i];
  for (const ShapeRule& rule : graph_->shape_rules) {
    Shapes inputs;
    for (const std::size_t input : rule.inputs) inputs.push_back(shapes_[input]);
    const Shapes outputs = rule.layer->output_shapes_for(inputs);
    for (std::size_t i = 0; i < rule.outputs.size(); ++i) shapes_[rule.outputs[i]] = outputs[i];
  }
  for (const auto& [value, other] : graph_->same_shapes) shapes_[value] = shapes_[other];
  for (const std::size_t output : graph_->outputs) {
    output_shapes_.push_back(shapes_[output]);
    output_dtypes_.push_back(graph_->values[output].dtype);
  }
}

void Layout::place_values() {
  Places places(*graph_);
  // Where a value begins in its place.
  std::vector<std::int64_t> starts(shapes_.size(), 0);
  for (const Node& node : graph_->nodes) {
    const auto* concatenation = std::get_if<Concatenation>(&node.work);
    if (concatenation == nullptr || concatenation->is_written.empty()) continue;
    std::int64_t start = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (concatenation->is_written[i]) {
        places.join_part(node.outputs[0], node.inputs[i]);
        starts[node.inputs[i]] = start;
      }
      start += shapes_[node.inputs[i]].back();
    }
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Node& node = *steps_[i].node;
    if (steps_[i].step.in_place && places.dies_in(node.inputs[0], i))
      places.join(node.inputs[0], node.outputs[0]);
  }
  std::vector<std::int64_t> sizes(shapes_.size(), 0);  // by root
  for (const Node& node : graph_->nodes) {
    for (const std::size_t value : node.outputs) {
      std::int64_t& size = sizes[places.root(value)];
      size = std::max(size, shapes_[value].num_elements());
    }
  }

  std::vector<bool> is_placed(shapes_.size(), false);
  std::vector<Place> of_root(shapes_.size());
  const auto place = [&](std::size_t value, Place where) {
    const std::size_t root = places.root(value);
    if (is_placed[root]) return;
    is_placed[root] = true;
    of_root[root] = where;
  };
  for (std::size_t i = 0; i < graph_->inputs.size(); ++i) place(graph_->inputs[i], {Home::input, i, 0});
  for (const Node& node : graph_->nodes) {
    if (!std::holds_alternative<Call>(node.work)) continue;
    for (const auto* values : {&node.inputs, &node.outputs}) {
      for (const std::size_t value : *values) {
        if (!is_placed[places.root(value)]) place(value, {Home::tensor, tensors_++, 0});
      }
    }
  }
  for (std::size_t i = 0; i < graph_->outputs.size(); ++i) place(graph_->outputs[i], {Home::output, i, 0});

  std::vector<Lifetime> lifetimes;
  std::vector<std::size_t> roots;
  for (const Node& node : graph_->nodes) {
    for (const std::size_t value : node.outputs) {
      const std::size_t root = places.root(value);
      if (is_placed[root]) continue;
      is_placed[root] = true;
      roots.push_back(root);
      lifetimes.push_back({sizes[root], places.first(value), places.last(value)});
    }
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) lifetimes.push_back({steps_[i].step.workspace, i, i});
  const ArenaLayout arena = lay_out(lifetimes, kAlignment);
  arena_size_ = arena.size;
  for (std::size_t i = 0; i < roots.size(); ++i) of_root[roots[i]].offset = arena.offsets[i];
  for (std::size_t i = 0; i < steps_.size(); ++i) steps_[i].workspace = arena.offsets[roots.size() + i];

  for (std::size_t value = 0; value < shapes_.size(); ++value) {
    places_.push_back(of_root[places.root(value)]);
    places_.back().offset += starts[value];
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    for (const std::size_t input : steps_[i].node->inputs) {
      const Place& where = places_[input];
      if (where.home == Home::tensor && places.last(input) == i) steps_[i].releases.push_back(where.index);
    }
  }
}

std::unique_ptr<Layout::Workspace> Layout::take_workspace() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
  }
  auto workspace = std::make_unique<Workspace>();
  workspace->arena = Tensor(Shape{arena_size_});
  workspace->tensors.resize(tensors_);
  workspace->values.resize(places_.size());
  float* arena = workspace->arena.mutable_data<float>();
  for (std::size_t value = 0; value < places_.size(); ++value) {
    if (places_[value].home == Home::arena) workspace->values[value] = arena + places_[value].offset;
  }
  return workspace;
}

void Layout::call(const PlannedStep& step, const Tensors& inputs, Workspace& workspace) const {
  Tensors arguments;
  for (const std::size_t input : step.node->inputs) {
    const Place& where = places_[input];
    const Tensor& source = where.home == Home::input ? inputs[where.index] : workspace.tensors[where.index];
    arguments.push_back(source.reshaped(shapes_[input]));
  }
  Tensors losses;
  const Call& work = std::get<Call>(step.node->work);
  const Tensors results = work.layer->call_within(arguments, {.training = false, .losses = &losses});
  for (std::size_t i = 0; i < step.node->outputs.size(); ++i) {
    const std::size_t value = step.node->outputs[i];
    if (results[i].shape() != shapes_[value] || results[i].dtype() != graph_->values[value].dtype) {
      throw LayoutMismatch{};
    }
    workspace.tensors[places_[value].index] = results[i];
  }
}

void Layout::run(const Tensors& inputs, std::span<std::byte* const> outputs) const {
  std::unique_ptr<Workspace> workspace = take_workspace();
  Workspace& w = *workspace;
  const auto address = [&](std::size_t value) {
    const Place& where = places_[value];
    // An input is read only; steps that write have no input as their output.
    if (where.home == Home::input) return const_cast<void*>(inputs[where.index].raw());      // NOLINT
    if (where.home == Home::tensor) return const_cast<void*>(w.tensors[where.index].raw());  // NOLINT
    if (where.home == Home::output) return static_cast<void*>(outputs[where.index]);
    return static_cast<void*>(w.values[value]);
  };
  float* arena = w.arena.mutable_data<float>();
  std::vector<double> seconds;
  using Clock = std::chrono::steady_clock;
  Clock::time_point before = times_ ? Clock::now() : Clock::time_point();
  for (const PlannedStep& step : steps_) {
    const Node& node = *step.node;
    if (std::holds_alternative<Call>(node.work)) {
      call(step, inputs, w);
    } else if (step.step.run) {
      const std::size_t result = node.outputs[0];
      // A step in place finds its tensor made, with what it reads in it.
      const Place& where = places_[result];
      if (where.home == Home::tensor && !is_same(where, places_[node.inputs[0]])) {
        w.tensors[where.index] = Tensor(shapes_[result]);
      }
      w.arguments.clear();
      for (const std::size_t input : node.inputs)
        w.arguments.push_back(static_cast<const float*>(address(input)));
      step.step.run({w.arguments.data(), static_cast<float*>(address(result)), arena + step.workspace});
    }
    for (const std::size_t tensor : step.releases) w.tensors[tensor] = Tensor();
    if (times_) {
      const Clock::time_point now = Clock::now();
      seconds.push_back(std::chrono::duration<double>(now - std::exchange(before, now)).count());
    }
  }
  if (times_) times_->add(seconds);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::size_t value = graph_->outputs[i];
    if (places_[value].home == Home::output && places_[value].index == i) continue;
    const std::size_t bytes =
        static_cast<std::size_t>(shapes_[value].num_elements()) * size_of(graph_->values[value].dtype);
    std::memcpy(outputs[i], address(value), bytes);
  }
  std::fill(w.tensors.begin(), w.tensors.end(), Tensor());
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

Layout::~Layout() {
  if (times_) std::fputs(times_->str().c_str(), stderr);
}

const char* Layout::kernel_of(const PlannedStep& step) {
  return std::holds_alternative<Call>(step.node->work) ? "the layer's own call" : step.step.kernel;
}

std::string Layout::str() const {
  std::string text =
      fmt::format("sepal: plan for {}: {} steps, arena {} KiB\n", fmt::join(texts(input_shapes_), ", "),
                  steps_.size(), arena_size_ * 4 / 1024);
  for (const PlannedStep& step : steps_) {
    text += fmt::format("sepal:   {} {}: {}\n", step.node->label, shapes_[step.node->outputs[0]].str(),
                        kernel_of(step));
  }
  return text;
}

}  // namespace sepal::frozen
