// Images go to oneDNN as (n, h, w, c), for which its fastest kernels take no blocked copies; only the
// weights, small against them, are reordered to the layout that a kernel prefers. Images (n, c, h, w) are
// reordered slice by slice, in cache: its kernels for that layout are half as fast.
#include <algorithm>
#include <array>
#include <dnnl.hpp>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/conv_slices.h"
#include "sepal/kernels/onednn.h"
#include "sepal/kernels/thread_buffer.h"

namespace sepal::kernels::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

enum class Direction { forward, backward_input, backward_kernel };

// What one slice is for oneDNN.
struct Key {
  Direction direction;
  bool with_bias;
  Window2D window;
  std::int64_t all_filters;  // of the tensors in which the slice's filters lie
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const Window2D& w = key.window;
    const std::array<std::int64_t, 20> fields{static_cast<std::int64_t>(key.direction),
                                              key.with_bias,
                                              w.batch,
                                              w.in_h,
                                              w.in_w,
                                              w.in_c,
                                              w.out_h,
                                              w.out_w,
                                              w.out_c,
                                              w.kernel_h,
                                              w.kernel_w,
                                              w.stride_h,
                                              w.stride_w,
                                              w.dilation_h,
                                              w.dilation_w,
                                              w.pad_top,
                                              w.pad_left,
                                              w.groups,
                                              w.channels_first,
                                              key.all_filters};
    std::size_t hash = 0;
    for (const std::int64_t field : fields) {
      hash = hash * 0x9E3779B97F4A7C15U + std::hash<std::int64_t>()(field);
    }
    return hash;
  }
};

// A tensor as its owner lays it out and as the primitive wants it.
struct Operand {
  memory::desc outside, inside;
  dnnl::reorder
      reorder;  // towards the primitive, or from it for what it writes; empty where both are the same
  bool same() const { return outside == inside; }
};

struct Convolution {
  dnnl::primitive primitive;
  std::string_view refusal;
  Operand x, kernel, y;
  memory::desc bias, scratchpad;
};

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  thread_local dnnl::stream mine(engine());
  return mine;
}

memory::desc image_desc(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w, Tag tag) {
  return {{n, c, h, w}, memory::data_type::f32, tag};
}

// The output as the caller has it: some of all filters.
memory::desc output_desc(const Window2D& w, std::int64_t all_filters) {
  const std::int64_t pixels = w.out_h * w.out_w;
  const memory::dims strides =
      w.channels_first ? memory::dims{all_filters * pixels, pixels, w.out_w, 1}
                       : memory::dims{pixels * all_filters, 1, w.out_w * all_filters, all_filters};
  return {{w.batch, w.out_c, w.out_h, w.out_w}, memory::data_type::f32, strides};
}

// `all_filters`: of the caller's kernel, which has them last; 0: in the order that the primitive prefers.
memory::desc kernel_desc(const Window2D& w, std::int64_t all_filters) {
  const std::int64_t in = w.in_c / w.groups;
  const bool preferred = all_filters == 0;
  if (w.groups == 1) {
    const memory::dims dims{w.out_c, in, w.kernel_h, w.kernel_w};
    if (preferred) return {dims, memory::data_type::f32, Tag::any};
    return {dims, memory::data_type::f32,
            memory::dims{1, all_filters, w.kernel_w * in * all_filters, in * all_filters}};
  }
  return {{w.groups, w.out_c / w.groups, in, w.kernel_h, w.kernel_w},
          memory::data_type::f32,
          preferred ? Tag::any : Tag::hwigo};
}

// Cells after the last; less than nothing (cells that no window reaches) counts as nothing.
std::int64_t padding_after(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                           std::int64_t dilation, std::int64_t before) {
  return std::max<std::int64_t>((out - 1) * stride + (kernel - 1) * dilation + 1 - in - before, 0);
}

Operand operand(const memory::desc& outside, const memory::desc& inside, bool is_written) {
  Operand result{outside, inside, {}};
  if (result.same()) return result;
  const auto& from = is_written ? inside : outside;
  const auto& to = is_written ? outside : inside;
  result.reorder = dnnl::reorder({engine(), from, engine(), to});
  return result;
}

template <class PrimitiveDesc>
void finish(Convolution& convolution, const PrimitiveDesc& description) {
  convolution.scratchpad = description.scratchpad_desc();
  if (std::string_view(description.impl_info_str()).find("ref") != std::string_view::npos) {
    convolution.refusal = "oneDNN has only its slow reference code for this geometry";
  }
}

// oneDNN 2.6 leaves some terms out there: 46 in place of 103 in a sum of (7, 9, 110) images with a kernel of
// 6 x 6, strides 3 x 1, dilation 1 x 2 and "same" padding.
bool dilates_beyond_image(const Window2D& w) {
  return (w.dilation_h > 1 && (w.kernel_h - 1) * w.dilation_h >= w.in_h) ||
         (w.dilation_w > 1 && (w.kernel_w - 1) * w.dilation_w >= w.in_w);
}

Convolution make_convolution(const Key& key) {
  const Window2D& w = key.window;
  const Tag tag = w.channels_first ? Tag::nchw : Tag::nhwc;
  const memory::desc x = image_desc(w.batch, w.in_c, w.in_h, w.in_w, Tag::nhwc);
  const memory::desc y = image_desc(w.batch, w.out_c, w.out_h, w.out_w, Tag::nhwc);
  const memory::desc kernel = kernel_desc(w, 0);
  const memory::desc bias =
      key.with_bias ? memory::desc({w.out_c}, memory::data_type::f32, Tag::a) : memory::desc();
  const memory::dims strides{w.stride_h, w.stride_w};
  const memory::dims dilation{w.dilation_h - 1, w.dilation_w - 1};
  const memory::dims before{w.pad_top, w.pad_left};
  const memory::dims after{padding_after(w.in_h, w.out_h, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top),
                           padding_after(w.in_w, w.out_w, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left)};
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  // oneDNN's own scratchpad belongs to the thread that made the primitive; ours to the one that runs it.
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);

  Convolution result;
  result.bias = bias;
  memory::desc inside_kernel;
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, kDirect, x, kernel, bias, y, strides, dilation, before, after},
      attributes, engine());
  if (key.direction == Direction::forward) {
    finish(result, forward);
    result.primitive = dnnl::convolution_forward(forward);
    inside_kernel = forward.weights_desc();
  } else if (key.direction == Direction::backward_input) {
    const dnnl::convolution_backward_data::primitive_desc backward(
        {kDirect, x, kernel, y, strides, dilation, before, after}, attributes, engine(), forward);
    finish(result, backward);
    result.primitive = dnnl::convolution_backward_data(backward);
    inside_kernel = backward.weights_desc();
  } else {
    const dnnl::convolution_backward_weights::primitive_desc backward(
        {kDirect, x, kernel, y, strides, dilation, before, after}, attributes, engine(), forward);
    finish(result, backward);
    result.primitive = dnnl::convolution_backward_weights(backward);
    inside_kernel = backward.diff_weights_desc();
  }
  if (dilates_beyond_image(w)) result.refusal = "its dilated kernel is larger than the image";
  result.x = operand(image_desc(w.batch, w.in_c, w.in_h, w.in_w, tag), x,
                     key.direction == Direction::backward_input);
  result.kernel =
      operand(kernel_desc(w, key.all_filters), inside_kernel, key.direction == Direction::backward_kernel);
  result.y = operand(output_desc(w, key.all_filters), y, key.direction == Direction::forward);
  return result;
}

using ConvolutionPtr = std::shared_ptr<const Convolution>;

// Making a primitive compiles code, which takes milliseconds: keep the last ones used.
class Cache {
 public:
  ConvolutionPtr find_or_make(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) {
      used_.splice(used_.begin(), used_, found->second);
      return found->second->second;
    }
    ConvolutionPtr made;
    // oneDNN plans for the threads that it sees: one, inside of a part.
    parallel_parts(1, [&](std::int64_t) {
      try {
        made = std::make_shared<const Convolution>(make_convolution(key));
      } catch (const dnnl::error&) {
        Convolution refusing;
        refusing.refusal = "oneDNN does not support this geometry";
        made = std::make_shared<const Convolution>(std::move(refusing));
      }
    });
    used_.emplace_front(key, made);
    index_[key] = used_.begin();
    if (used_.size() > kMost) {
      index_.erase(used_.back().first);
      used_.pop_back();
    }
    return made;
  }

 private:
  static constexpr std::size_t kMost = 512;  // a network of 50 layers takes some 300 for a batch size
  std::mutex mutex_;
  std::list<std::pair<Key, ConvolutionPtr>> used_;  // the latest first
  std::unordered_map<Key, decltype(used_)::iterator, KeyHash> index_;
};

ConvolutionPtr find(const Key& key) {
  static Cache cache;
  return cache.find_or_make(key);
}

// A slice's multiply-adds that are worth handing to a thread: about 20 microseconds.
constexpr double kLeastWork = 1 << 20;

std::vector<ConvSlice> cut(Direction direction, const Window2D& w) {
  switch (direction) {
    case Direction::forward:
      return cut_convolution(w, {kLeastWork, 64, true, true});
    case Direction::backward_input:  // rows of a slice would overlap in dx
      return cut_convolution(w, {kLeastWork, 64, false});
    default: {
      // Each slice adds up a kernel of its own: it must see many pixels for that to cost little.
      constexpr double kLeastPixels = 256;
      const auto kernel = static_cast<double>(w.kernel_h * w.kernel_w * (w.in_c / w.groups) * w.out_c);
      return cut_convolution(w, {std::max(kLeastWork, kLeastPixels * kernel), 16});
    }
  }
}

// The primitive of each slice; neighbours are mostly alike and share one.
std::vector<ConvolutionPtr> convolutions_of(Direction direction, const std::vector<ConvSlice>& slices,
                                            std::int64_t all_filters, bool with_bias) {
  std::vector<ConvolutionPtr> convolutions;
  const Window2D* previous = nullptr;
  for (const ConvSlice& slice : slices) {
    const bool is_alike = previous != nullptr && *previous == slice.window;
    convolutions.push_back(is_alike ? convolutions.back()
                                    : find({direction, with_bias, slice.window, all_filters}));
    previous = &slice.window;
  }
  return convolutions;
}

std::string_view refusal(Direction direction, const Window2D& w, bool with_bias) {
  if (w.batch == 0 || w.in_c == 0 || w.out_c == 0) return "there are no elements";
  for (const ConvolutionPtr& convolution :
       convolutions_of(direction, cut(direction, w), w.out_c, with_bias)) {
    if (!convolution->refusal.empty()) return convolution->refusal;
  }
  return {};
}

// oneDNN does not promise not to write, so its memory takes no pointers to constants.
memory outside_memory(const memory::desc& desc, const float* data) {
  return {desc, engine(), const_cast<float*>(data)};
}

// An operand in the primitive's layout, in `room` where that is not its own; read unless it is written later.
memory inside_memory(const Operand& operand, const float* data, ThreadBuffer& room, bool is_read) {
  if (operand.same()) return outside_memory(operand.outside, data);
  memory inside(operand.inside, engine(),
                room.reserve<std::byte>(static_cast<std::int64_t>(operand.inside.get_size())));
  if (is_read) {
    memory outside = outside_memory(operand.outside, data);
    operand.reorder.execute(stream(), outside, inside);
  }
  return inside;
}

void write_back(const Operand& operand, memory inside, float* data) {
  if (operand.same()) return;
  memory outside = outside_memory(operand.outside, data);
  operand.reorder.execute(stream(), inside, outside);
}

// As inside_memory, in memory that stays.
memory kept_memory(const Operand& operand, const float* data) {
  memory outside = outside_memory(operand.outside, data);
  if (operand.same()) return outside;
  memory inside(operand.inside, engine());
  parallel_parts(1, [&](std::int64_t) { operand.reorder.execute(stream(), outside, inside); });
  return inside;
}

memory scratchpad_memory(const Convolution& convolution) {
  thread_local ThreadBuffer room;
  return {convolution.scratchpad, engine(),
          room.reserve<std::byte>(static_cast<std::int64_t>(convolution.scratchpad.get_size()))};
}

// The slices of a convolution and their primitives. Slices of the same filters follow each other.
class Plan {
 public:
  Plan(Direction direction, const Window2D& window, bool with_bias)
      : slices_(cut(direction, window)),
        convolutions_(convolutions_of(direction, slices_, window.out_c, with_bias)) {}

  // Brings the kernel into the layout of the first slice of each run of filters, on all threads.
  void read_kernel(const float* kernel) {
    std::vector<std::size_t> firsts;
    std::vector<std::int64_t> offsets;
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      if (i > 0 && slices_[i].first_filter == slices_[i - 1].first_filter) {
        kernels_.emplace_back();
        continue;
      }
      const Operand& operand = convolutions_[i]->kernel;
      kernels_.push_back(outside_memory(operand.outside, kernel + slices_[i].first_filter));
      if (operand.same()) continue;
      firsts.push_back(i);
      offsets.push_back(bytes);
      bytes += (static_cast<std::int64_t>(operand.inside.get_size()) + kLine - 1) / kLine * kLine;
    }
    thread_local ThreadBuffer room;
    std::byte* memory_of_all = room.reserve<std::byte>(bytes);
    parallel_parts(static_cast<std::int64_t>(firsts.size()), [&](std::int64_t k) {
      const std::size_t i = firsts[static_cast<std::size_t>(k)];
      const Operand& operand = convolutions_[i]->kernel;
      memory outside = kernels_[i];
      memory inside(operand.inside, engine(), memory_of_all + offsets[static_cast<std::size_t>(k)]);
      operand.reorder.execute(stream(), outside, inside);
      kernels_[i] = inside;
    });
    for (std::size_t i = 1; i < slices_.size(); ++i) {
      if (!kernels_[i]) kernels_[i] = kernels_[i - 1];
    }
  }

  // The kernel for slice `i`; one whose primitive wants another layout than the first of its filters reorders
  // it for itself.
  memory kernel_of(std::int64_t i, const float* kernel) const {
    const auto at = static_cast<std::size_t>(i);
    const Operand& operand = convolutions_[at]->kernel;
    if (operand.inside == kernels_[at].get_desc()) return kernels_[at];
    thread_local ThreadBuffer room;
    return inside_memory(operand, kernel + slices_[at].first_filter, room, true);
  }

  // The kernel of each slice, in memory of its own where its layout is not the caller's.
  std::vector<memory> kept_kernels(const float* kernel) const {
    std::vector<memory> kernels;
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      const Operand& operand = convolutions_[i]->kernel;
      const bool is_alike = i > 0 && slices_[i].first_filter == slices_[i - 1].first_filter &&
                            kernels.back().get_desc() == operand.inside;
      kernels.push_back(is_alike ? kernels.back() : kept_memory(operand, kernel + slices_[i].first_filter));
    }
    return kernels;
  }

  std::int64_t size() const { return static_cast<std::int64_t>(slices_.size()); }

  // Calls body(index, slice, convolution) for all slices.
  template <class Body>
  void for_slices(const Body& body) const {
    parallel_parts(size(), [&](std::int64_t i) {
      body(i, slices_[static_cast<std::size_t>(i)], *convolutions_[static_cast<std::size_t>(i)]);
    });
  }

 private:
  static constexpr std::int64_t kLine = 64;  // bytes, so that no two kernels share one
  std::vector<ConvSlice> slices_;
  std::vector<ConvolutionPtr> convolutions_;
  std::vector<memory> kernels_;  // of each slice
};

// Each thread's room for images in the primitive's layout.
ThreadBuffer& x_room() {
  thread_local ThreadBuffer room;
  return room;
}
ThreadBuffer& y_room() {
  thread_local ThreadBuffer room;
  return room;
}

// kernel_of(index of the slice): the kernel in its convolution's layout.
template <class KernelOf>
void run_forward(const Plan& plan, const float* x, const KernelOf& kernel_of, const float* bias, float* y) {
  plan.for_slices([&](std::int64_t i, const ConvSlice& slice, const Convolution& convolution) {
    const memory inside_y = inside_memory(convolution.y, y + slice.y_offset, y_room(), false);
    convolution.primitive.execute(
        stream(), {{DNNL_ARG_SRC, inside_memory(convolution.x, x + slice.x_offset, x_room(), true)},
                   {DNNL_ARG_WEIGHTS, kernel_of(i)},
                   {DNNL_ARG_BIAS,
                    outside_memory(convolution.bias, bias == nullptr ? nullptr : bias + slice.first_filter)},
                   {DNNL_ARG_DST, inside_y},
                   {DNNL_ARG_SCRATCHPAD, scratchpad_memory(convolution)}});
    write_back(convolution.y, inside_y, y + slice.y_offset);
  });
}

}  // namespace

std::string_view conv2d_refusal(const Window2D& window, bool with_bias) {
  return refusal(Direction::forward, window, with_bias);
}
std::string_view conv2d_backward_input_refusal(const Window2D& window) {
  return refusal(Direction::backward_input, window, false);
}
std::string_view conv2d_backward_kernel_refusal(const Window2D& window) {
  return refusal(Direction::backward_kernel, window, false);
}

void conv2d(const Window2D& window, const float* x, const float* kernel, const float* bias, float* y) {
  Plan plan(Direction::forward, window, bias != nullptr);
  plan.read_kernel(kernel);
  const auto kernel_of = [&](std::int64_t i) { return plan.kernel_of(i, kernel); };
  run_forward(plan, x, kernel_of, bias, y);
}

struct PreparedConv2D::State {
  Plan plan;
  std::vector<memory> kernels;  // of each slice
  const float* bias;
};

PreparedConv2D::PreparedConv2D(const Window2D& window, const float* kernel, const float* bias) {
  Plan plan(Direction::forward, window, bias != nullptr);
  std::vector<memory> kernels = plan.kept_kernels(kernel);
  state_ = std::make_unique<const State>(State{std::move(plan), std::move(kernels), bias});
}

PreparedConv2D::~PreparedConv2D() = default;

void PreparedConv2D::run(const float* x, float* y) const {
  const auto kernel_of = [&](std::int64_t i) { return state_->kernels[static_cast<std::size_t>(i)]; };
  run_forward(state_->plan, x, kernel_of, state_->bias, y);
}

void conv2d_backward_input(const Window2D& window, const float* dy, const float* kernel, float* dx) {
  Plan plan(Direction::backward_input, window, false);
  plan.read_kernel(kernel);
  plan.for_slices([&](std::int64_t i, const ConvSlice& slice, const Convolution& convolution) {
    const memory inside_dx = inside_memory(convolution.x, dx + slice.x_offset, x_room(), false);
    convolution.primitive.execute(
        stream(), {{DNNL_ARG_DIFF_DST, inside_memory(convolution.y, dy + slice.y_offset, y_room(), true)},
                   {DNNL_ARG_WEIGHTS, plan.kernel_of(i, kernel)},
                   {DNNL_ARG_DIFF_SRC, inside_dx},
                   {DNNL_ARG_SCRATCHPAD, scratchpad_memory(convolution)}});
    write_back(convolution.x, inside_dx, dx + slice.x_offset);
  });
}

void conv2d_backward_kernel(const Window2D& window, const float* x, const float* dy, float* dkernel) {
  const Plan plan(Direction::backward_kernel, window, false);
  const std::int64_t size = window.kernel_h * window.kernel_w * (window.in_c / window.groups) * window.out_c;
  thread_local ThreadBuffer partial_room;
  float* partial = partial_room.reserve<float>((plan.size() - 1) * size);
  plan.for_slices([&](std::int64_t i, const ConvSlice& slice, const Convolution& convolution) {
    thread_local ThreadBuffer kernel_room;
    float* sum = i == 0 ? dkernel : partial + (i - 1) * size;
    const memory inside_kernel = inside_memory(convolution.kernel, sum, kernel_room, false);
    convolution.primitive.execute(
        stream(), {{DNNL_ARG_SRC, inside_memory(convolution.x, x + slice.x_offset, x_room(), true)},
                   {DNNL_ARG_DIFF_DST, inside_memory(convolution.y, dy + slice.y_offset, y_room(), true)},
                   {DNNL_ARG_DIFF_WEIGHTS, inside_kernel},
                   {DNNL_ARG_SCRATCHPAD, scratchpad_memory(convolution)}});
    write_back(convolution.kernel, inside_kernel, sum);
  });
  parallel_for(size, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t slice = 0; slice + 1 < plan.size(); ++slice) {
      for (std::int64_t i = begin; i < end; ++i) dkernel[i] += partial[slice * size + i];
    }
  });
}

}  // namespace sepal::kernels::onednn
