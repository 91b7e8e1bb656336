(* The keys of rbtree.c in Okasaki's tree, as OCaml programs write it: every insertion
   copies its path, the collector frees what nobody sees any more. Nothing is dropped, so
   there is no such row; what the collection costs is a part of the insertion. *)

type colour = Red | Black
type tree = Leaf | Node of colour * tree * int * bool * tree

let default_size = 4_200_000
let keep = 1000

(* --- insertion ------------------------------------------------------------------ *)

let balance_left left key value right =
  match left with
  | Node (Red, Node (Red, a, x, vx, b), y, vy, c)
  | Node (Red, a, x, vx, Node (Red, b, y, vy, c)) ->
      Node (Red, Node (Black, a, x, vx, b), y, vy, Node (Black, c, key, value, right))
  | _ -> Node (Black, left, key, value, right)

let balance_right left key value right =
  match right with
  | Node (Red, Node (Red, b, y, vy, c), z, vz, d)
  | Node (Red, b, y, vy, Node (Red, c, z, vz, d)) ->
      Node (Red, Node (Black, left, key, value, b), y, vy, Node (Black, c, z, vz, d))
  | _ -> Node (Black, left, key, value, right)

let rec insert_below (key : int) value tree =
  match tree with
  | Leaf -> Node (Red, Leaf, key, value, Leaf)
  | Node (Red, a, x, vx, b) ->
      if key < x then Node (Red, insert_below key value a, x, vx, b)
      else if key > x then Node (Red, a, x, vx, insert_below key value b)
      else Node (Red, a, x, value, b)
  | Node (Black, a, x, vx, b) ->
      if key < x then balance_left (insert_below key value a) x vx b
      else if key > x then balance_right a x vx (insert_below key value b)
      else Node (Black, a, x, value, b)

let insert key value tree =
  match insert_below key value tree with
  | Node (Red, a, x, vx, b) -> Node (Black, a, x, vx, b)
  | black -> black

(* --- output --------------------------------------------------------------------- *)

let now () = Unix.gettimeofday () *. 1e9
let report row value = Printf.printf "%s\tns/object\t%.6g\n" row value
let sum = ref 0L

let check value =
  sum := Int64.add (Int64.mul !sum 1099511628211L) (Int64.of_int value)

let rec fold f tree result =
  match tree with
  | Leaf -> result
  | Node (_, a, x, v, b) -> fold f b (f x v (fold f a result))

let check_content tree =
  check (fold (fun _ _ n -> n + 1) tree 0);
  check (fold (fun key _ n -> n + key) tree 0);
  check (fold (fun _ value n -> if value then n + 1 else n) tree 0)

let median times =
  let sorted = List.sort compare times in
  List.nth sorted (List.length sorted / 2)

(* --- the work ------------------------------------------------------------------- *)

let rec insert_down key tree =
  if key = 0 then tree else insert_down (key - 1) (insert key (key mod 10 = 0) tree)

let rec insert_and_keep key tree versions =
  if key = 0 then (tree, versions)
  else
    let tree = insert key (key mod 10 = 0) tree in
    let versions = if (key - 1) mod keep = 0 then tree :: versions else versions in
    insert_and_keep (key - 1) tree versions

(* SplitMix64, as in bench.h. *)
let random_next state =
  let open Int64 in
  state := add !state 0x9E3779B97F4A7C15L;
  let z = !state in
  let z = mul (logxor z (shift_right_logical z 30)) 0xBF58476D1CE4E5B9L in
  let z = mul (logxor z (shift_right_logical z 27)) 0x94D049BB133111EBL in
  logxor z (shift_right_logical z 31)

let insert_scattered size =
  let state = ref (Int64.of_int size) in
  let tree = ref Leaf in
  for _ = 1 to size do
    let key = Int64.to_int (Int64.shift_right_logical (random_next state) 22) in
    tree := insert key (key mod 10 = 0) !tree
  done;
  !tree

let time size work =
  let start = now () in
  let result = work size in
  ((now () -. start) /. float_of_int size, result)

let checked work size =
  let time, tree = time size work in
  check_content tree;
  time

let owned = checked (fun size -> insert_down size Leaf)
let scattered = checked insert_scattered

let shared size =
  let time, versions = time size (fun size -> insert_and_keep size Leaf []) in
  ignore (Sys.opaque_identity versions);
  time

let () =
  let size =
    if Array.length Sys.argv > 1 then int_of_string Sys.argv.(1) else default_size
  in
  let repeats size = min 20 (5_000_000 / size) lor 1 in
  let part = (size / 8) + 1 in
  let times often size work = List.init often (fun _ -> work size) in
  report "rbtree first" (owned size);
  report "rbtree insert" (median (times (repeats size) size owned));
  report "rbtree shared insert" (median (times (repeats size) size shared));
  report "rbtree random insert" (median (times (repeats (4 * part)) part scattered));
  Printf.printf "check\t%Lu\n" !sum
