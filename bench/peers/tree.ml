(* tree.c in OCaml. Nothing is dropped: the collector frees a tree some time after its
   root is gone, most of it while a later one is built. So there is one figure, the time
   from one tree to the next; and it is a mean, since the median would leave out those
   trees that pay for the collection of others. *)

type node = Leaf | Node of node * node

let default_size = 18
let repeats = 21

let rec build depth =
  if depth = 0 then Leaf
  else
    let left = build (depth - 1) in
    let right = build (depth - 1) in
    Node (left, right)

let rec height = function Leaf -> 0 | Node (_, right) -> 1 + height right

(* --- output --------------------------------------------------------------------- *)

let now () = Unix.gettimeofday () *. 1e9
let report row value = Printf.printf "%s\tns/object\t%.6g\n" row value
let sum = ref 0L

let check value =
  sum := Int64.add (Int64.mul !sum 1099511628211L) (Int64.of_int value)

(* Time of an object in `count` trees, each gone when the next one is built. *)
let time size count =
  let begun = now () in
  for _ = 1 to count do
    check (height (Sys.opaque_identity (build size)))
  done;
  (now () -. begun) /. float_of_int (count * ((1 lsl size) - 1))

let () =
  let size =
    if Array.length Sys.argv > 1 then int_of_string Sys.argv.(1) else default_size
  in
  report "tree first" (time size 1);
  report "tree" (time size repeats);
  Printf.printf "check\t%Lu\n" !sum
